"""How the trace store's tables came to be, a step a file; run by `assistant.tracing.database`."""
