"""Answers questions with citations: prompts, models, query engine, quoting mode. Reads no file of a course."""
