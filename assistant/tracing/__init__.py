"""Keeps every turn as a trace: what was asked, what was done, what was answered, and what people said of it.

In reading order: `records` (the values), `capture` (spans of the turn that runs), `tables`, `rows`, `store` (the
truth, in SQLite or PostgreSQL), `queries` (reading back), `redaction`, `outbox` and `delivery` (what leaves, and when),
`comet` and `opik` (where to), `export`.
"""
