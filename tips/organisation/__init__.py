"""Who can receive a tip or be accused in one, and the signed list of who really does."""
