"""Who may do what: people and their roles, accounts with passwords, sessions and keys. Knows nothing of HTTP."""
