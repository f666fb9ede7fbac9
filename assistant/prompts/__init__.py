"""Prompt templates: versioned files beside this one, and the loader that checks and renders them."""

from assistant.prompts.loader import Message, PromptSet, Template, load, names, versions

__all__ = ["Message", "PromptSet", "Template", "load", "names", "versions"]
