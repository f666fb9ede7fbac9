"""Fuzzing: what must hold for any bytes (`targets`), seeds of our own, and inputs that once broke something."""
