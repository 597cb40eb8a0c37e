"""Files: which are taken, cleaned, and sealed in chunks."""
