"""The Inside tab: what goes on in the network."""
