"""Runs that another program trains: what they tell becomes events, whatever program it is."""
