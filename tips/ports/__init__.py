"""What the product asks of the world outside: few protocols, each with its contract, by the room that asks.

Everywhere: times are aware and in UTC; a store that is locked, read-only, full or away raises `StoreUnavailable`
and has kept nothing; what was returned from is durable. The tests in `tests/contract` run on every implementation.
"""
