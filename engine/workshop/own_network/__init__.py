"""A person's own network learns: its class does all the computing, in a process of its own."""
