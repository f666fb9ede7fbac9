"""The one sentence that says the material has no answer: for prompts, parsers and tests alike."""

REFUSAL = "The course material does not answer this."
