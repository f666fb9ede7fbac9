"""Stores chunks and finds them again: embeddings, Chroma, tantivy, fusion. Knows no other package of ours."""
