"""Faults on purpose, each with what must hold while it lasts and after it: `make test-faults`."""
