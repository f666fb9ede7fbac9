"""Evaluation: labelled rows, what is measured on them, runs that are kept, comparisons that say what they can tell."""
