"""One file for each thing a person looks at. A panel draws a `RunState`; it holds no run of its own."""
