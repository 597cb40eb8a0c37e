"""The citizen's side: from a message to a sealed tip, and back by the receipt."""
