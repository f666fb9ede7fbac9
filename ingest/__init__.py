"""Reads course material into the index: readers, splitting, fetching, the ledger. Answers no question."""
