"""Who works here, and their keys: how they come, log in, go and come back."""
