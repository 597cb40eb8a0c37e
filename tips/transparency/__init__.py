"""The ledger as a transparency log: its hourly heads, what is found of it, and what a reporter has of it in hand."""
