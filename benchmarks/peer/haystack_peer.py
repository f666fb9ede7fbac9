"""Haystack's in-memory parts: files as text, splits of 200 words, BM25, MiniLM from loopback, and both joined.

Runs in a venv of its own (haystack.txt beside this file), see `asking`. The hybrid is its guide's: reciprocal ranks.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"HAYSTACK_TELEMETRY_ENABLED": "False", "OPENAI_API_KEY": "none"}

from asking import TOP_K, Hit, contestant, done, hit, questions  # noqa: E402

PACKAGES = ("haystack-ai", "pypdf")


def stored(folder: str, embeddings: str) -> Any:
    """Read, split, embed and store a folder."""
    from haystack.components.converters import PyPDFToDocument, TextFileToDocument
    from haystack.components.embedders import OpenAIDocumentEmbedder
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    files = sorted(p for p in Path(folder).rglob("*") if p.is_file())
    pdf = [f for f in files if f.suffix == ".pdf"]
    documents = TextFileToDocument(store_full_path=True).run(sources=[f for f in files if f not in pdf])["documents"]
    documents += PyPDFToDocument(store_full_path=True).run(sources=pdf)["documents"]
    splitter = DocumentSplitter(split_by="word", split_length=200, split_overlap=0)
    splitter.warm_up()
    parts = splitter.run(documents=documents)["documents"]
    embedder = OpenAIDocumentEmbedder(model="minilm", api_base_url=embeddings, progress_bar=False)
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(embedder.run(documents=parts)["documents"])
    return store


def searches(store: Any, embeddings: str) -> dict[str, Callable[[str], Any]]:
    """Give each way to search by its name."""
    from haystack.components.embedders import OpenAITextEmbedder
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever

    embedder = OpenAITextEmbedder(model="minilm", api_base_url=embeddings)
    by_words = InMemoryBM25Retriever(store, top_k=TOP_K)
    by_vector = InMemoryEmbeddingRetriever(store, top_k=TOP_K)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP_K)

    def bm25(question: str) -> Any:
        return by_words.run(query=question)["documents"]

    def dense(question: str) -> Any:
        return by_vector.run(query_embedding=embedder.run(text=question)["embedding"])["documents"]

    def hybrid(question: str) -> Any:
        return joiner.run(documents=[bm25(question), dense(question)])["documents"]

    return {"Haystack, BM25": bm25, "Haystack, dense": dense, "Haystack, hybrid": hybrid}


def main(folder: str, asked: str, embeddings: str, _store: str) -> None:
    """Ingest a folder once and ask in each way."""
    start = time.perf_counter()
    store = stored(folder, embeddings)
    more = {"seconds": time.perf_counter() - start, "chunks": store.count_documents()}

    def told(find: Callable[[str], Any]) -> Callable[[str], list[Hit]]:
        return lambda question: [hit(d.meta["file_path"], folder, d.content or "") for d in find(question)]

    found = [contestant(n, questions(asked), told(f), **more) for n, f in searches(store, embeddings).items()]
    done(found, PACKAGES)


if __name__ == "__main__":
    main(*sys.argv[1:5])
