"""The command line, one file a command. Textual is loaded only when the app opens."""
