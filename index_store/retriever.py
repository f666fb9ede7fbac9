"""The search as a LlamaIndex retriever: what a query engine, an agent tool or LlamaIndex' own evaluators expect."""

from __future__ import annotations

from collections.abc import Sequence

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index_store.chunks import Hit
from index_store.search import Allows, Searcher


class CourseRetriever(BaseRetriever):
    """Gives passages as nodes: their text is the context that a prompt reads, their score the cosine."""

    def __init__(self, searcher: Searcher, *, top_k: int = 6) -> None:
        super().__init__()
        self._searcher = searcher
        self._top_k = top_k

    def search(self, question: str, top_k: int | None = None, allows: Allows | None = None) -> list[Hit]:
        """Give the passages that fit best as hits, best first; with `allows` only of documents that it allows."""
        return self._searcher.search(question, self._top_k if top_k is None else top_k, allows)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return nodes_of(self.search(query_bundle.query_str))


def nodes_of(hits: Sequence[Hit]) -> list[NodeWithScore]:
    """Give hits as LlamaIndex nodes; only path, locator and title may reach a prompt or an embedding."""
    return [
        NodeWithScore(
            node=TextNode(
                id_=hit.chunk.id,
                text=hit.chunk.context,
                metadata={"path": hit.chunk.path, "locator": str(hit.chunk.locator), "title": hit.chunk.title},
            ),
            score=hit.cosine,
        )
        for hit in hits
    ]
