"""The officers' side: reading a case, working on it, and what is told and counted of it."""
