"""paper-qa's retrieval: its readers and splitter with their defaults, its in-memory index, MiniLM from loopback.

Runs in a venv of its own (paper_qa.txt beside this file), see `asking`. What a language model would do is left out:
each file's citation is given, and the evidence summaries that paper-qa makes of what it retrieved are not asked for.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "OPENAI_API_KEY": "none"}

from asking import TOP_K, Hit, contestant, done, hit, questions  # noqa: E402

PACKAGES = ("paper-qa", "litellm", "pypdf")


async def filled(folder: str, settings: Any, embedder: Any) -> Any:
    """Add each file under a folder; a file that paper-qa cannot read is told and left out."""
    from paperqa import Docs

    docs = Docs()
    for file in sorted(p for p in Path(folder).rglob("*") if p.is_file()):
        name = str(file.relative_to(folder))
        try:
            await docs.aadd(file, citation=name, docname=name, settings=settings, embedding_model=embedder)
        except (ValueError, UnicodeDecodeError) as error:
            print(f"{name}: {error}", file=sys.stderr)
    return docs


def main(folder: str, asked: str, embeddings: str, _store: str) -> None:
    """Ingest a folder and ask, with embeddings alone and with paper-qa's hybrid of these and word counts."""
    from lmi import HybridEmbeddingModel, LiteLLMEmbeddingModel, SparseEmbeddingModel
    from paperqa import Settings

    settings = Settings()
    settings.parsing.use_doc_details = False  # would look each paper up on the web
    settings.parsing.multimodal = False  # would ask a language model about pictures
    found = []
    for name, hybrid in (("paper-qa", False), ("paper-qa, hybrid", True)):
        dense = LiteLLMEmbeddingModel(name="openai/minilm", config={"kwargs": {"api_base": embeddings}})
        embedder = HybridEmbeddingModel(models=[dense, SparseEmbeddingModel()]) if hybrid else dense
        with asyncio.Runner() as runner:
            start = time.perf_counter()
            docs = runner.run(filled(folder, settings, embedder))
            runner.run(docs.retrieve_texts("What is this?", TOP_K, settings, embedder))  # builds its index
            seconds = time.perf_counter() - start

            def search(question: str, docs: Any = docs, embedder: Any = embedder, runner: Any = runner) -> list[Hit]:
                texts = runner.run(docs.retrieve_texts(question, TOP_K, settings, embedder))
                return [hit(t.doc.citation, folder, t.text) for t in texts]

            found.append(contestant(name, questions(asked), search, chunks=len(docs.texts), seconds=seconds))
    done(found, PACKAGES)


if __name__ == "__main__":
    main(*sys.argv[1:5])
