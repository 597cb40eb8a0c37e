"""What the command line does: one module a group of commands. Each opens the product, does one thing, and prints."""
