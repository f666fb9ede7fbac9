"""The lexical half: BM25 over what a prompt would read of each chunk, in tantivy, which also keeps the chunks.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from index_store.chunks import Chunk, chunk_from_json, chunk_to_json
from index_store.well_formed import well_formed

_HEAP_BYTES = 64_000_000
_ANALYSER = "lectern"
SHORTEST_FUZZY = 5
"""Characters from which a word that the index does not know may be a misspelt one."""
_WORD = re.compile(r"[^\W_]+")
MOST_TERMS = 256
"""Terms of a question that are asked for: as much of it as the embedding model reads."""


class Lexical:
    """A tantivy index in a folder of its own."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        import tantivy

        if create:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(_schema(), path=str(folder), reuse=True)
        else:
            self._index = tantivy.Index.open(str(folder))
        self._index.register_tokenizer(_ANALYSER, _analyser(stop_words=False))
        self._writer: Any = None

    def upsert(self, chunks: Sequence[Chunk]) -> None:
        """Write chunks over any of the same ids; they are found after `commit`."""
        import tantivy

        writer = self._open_writer()
        for chunk in chunks:
            writer.delete_documents_by_term("id", chunk.id)
            body = well_formed(f"{chunk.heading}\n{chunk.context}")
            writer.add_document(tantivy.Document(id=chunk.id, body=body, chunk=chunk_to_json(chunk).encode()))

    def delete(self, ids: Sequence[str]) -> None:
        """Delete chunks, from the next `commit` on."""
        writer = self._open_writer()
        for chunk_id in ids:
            writer.delete_documents_by_term("id", chunk_id)

    def commit(self) -> None:
        """Make what was written last and be found."""
        if self._writer is not None:
            self._writer.commit()
        self.reload()

    def reload(self) -> None:
        """See what another process has committed."""
        self._index.reload()

    def close(self) -> None:
        """Let go of the writer's lock; what was not committed is lost."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def count(self) -> int:
        """Count the chunks."""
        return int(self._index.searcher().num_docs)

    def ids(self) -> set[str]:
        """Give the ids of all chunks."""
        import tantivy

        searcher = self._index.searcher()
        found = searcher.search(tantivy.Query.all_query(), max(1, self.count()), count=False)
        return {str(searcher.doc(address).get_first("id")) for _, address in found.hits}

    def get(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Give the chunks that are there, by id."""
        import tantivy

        if not ids:
            return {}
        searcher = self._index.searcher()
        found = searcher.search(
            tantivy.Query.term_set_query(self._index.schema, "id", list(ids)), len(ids), count=False
        )
        documents = [searcher.doc(address) for _, address in found.hits]
        return {str(d["id"][0]): chunk_from_json(d["chunk"][0]) for d in (x.to_dict() for x in documents)}

    def query(self, text: str, k: int) -> list[tuple[str, float]]:
        """Give the ids of the k best chunks with their BM25 score, best first; none for a text without known words."""
        import tantivy

        searcher = self._index.searcher()
        clauses = [(tantivy.Occur.Should, self._clause(searcher, term)) for term in terms_of(text)]
        if not clauses or k < 1:
            return []
        found = searcher.search(tantivy.Query.boolean_query(clauses), k, count=False)
        return [(str(searcher.doc(address).get_first("id")), float(score)) for score, address in found.hits]

    def _clause(self, searcher: Any, term: str) -> Any:
        """Ask for a term; one that the index does not know may be misspelt, and its neighbours are asked for."""
        import tantivy

        schema = self._index.schema
        if len(term) < SHORTEST_FUZZY or searcher.doc_freq("body", term) > 0:
            return tantivy.Query.term_query(schema, "body", term)
        return tantivy.Query.fuzzy_term_query(schema, "body", term, distance=1, transposition_cost_one=True)

    def _open_writer(self) -> Any:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        return self._writer


def terms_of(question: str) -> list[str]:
    """Give a question's terms as the index knows them, each once, without stop words unless nothing else is left."""
    for stop_words in (True, False):
        terms = dict.fromkeys(_analyser(stop_words=stop_words).analyze(well_formed(question)))
        if terms:
            return list(terms)[:MOST_TERMS]
    return []


def matches(question: str, text: str) -> list[tuple[int, int]]:
    """Give where words of a text are a question's, [start, end) in characters, as this half compares them."""
    terms, analyser = set(terms_of(question)), _analyser(stop_words=False)
    words = _WORD.finditer(text)
    return [word.span() for word in words if not terms.isdisjoint(analyser.analyze(well_formed(word[0])))]


@cache
def _analyser(*, stop_words: bool) -> Any:
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.remove_long(60)).filter(tantivy.Filter.lowercase())
    if stop_words:
        builder = builder.filter(tantivy.Filter.custom_stopword(sorted(_STOP_WORDS)))
    return builder.filter(tantivy.Filter.stemmer("english")).build()


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("body", stored=False, tokenizer_name=_ANALYSER)
    builder.add_bytes_field("chunk", stored=True)
    return builder.build()


_STOP_LIST = """
a about above after again all also am an and any are as at be because been before being below between both but by can
cannot could did do does doing done down during each for from further get give go had has have having he her here hers
him his how i if in into is isn it its just like made make many may me might more most much must my no nor not of off on
once one only or other our out over own per put s same say see should show so some such t tell than that the their them
then there these they this those through to too under until up upon us use used uses using very was way we well were
what when where which while who whom whose why will with would you your
"""
_STOP_WORDS = frozenset(_STOP_LIST.split())
