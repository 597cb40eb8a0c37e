"""Listens: one module per channel. Each translates what its platform says, calls one use case, and renders."""
