"""The record of a tip under work, and every rule about it that needs no store."""
