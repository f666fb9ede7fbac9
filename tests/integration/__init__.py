"""Tests against software that others wrote and that is installed for them: run by `make test-integration`."""
