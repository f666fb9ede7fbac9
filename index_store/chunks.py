"""The values that pass between ingestion, the index and the assistant: Chunk and Hit. No input or output here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Literal, Protocol
from unicodedata import normalize

from index_store.embedded_text import embedded_text
from index_store.locators import Locator, parse_locator

if TYPE_CHECKING:  # a short command need not load it
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["prose", "list", "table", "code", "output", "row", "transcript"]
CONTEXT_CHARACTERS = 1500
"""The most that a prompt gets to read of one passage, in characters."""
HEADING_CHARACTERS = 160
LONGEST_HEADING = 80
MOST_HEADINGS = 10
"""A heading path in front of the embedded text is context, not content: a long one loses its middle."""


def content_id(*parts: str) -> str:
    """Hash parts into 32 hex digits; the parts are kept apart, so ("ab", "c") and ("a", "bc") differ."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One window of a document: what is embedded and found.

    `text` is verbatim what the reader gave. `context` is what a prompt reads of this passage: the window whole, with
    as much of its section around it as fits into CONTEXT_CHARACTERS, starting at `context[window_start:]`.
    """

    text: str
    context: str
    window_start: int  # characters into `context` at which `text` starts
    locator: Locator
    source: str  # resolved root folder, an address, or an upload set
    path: str  # relative to the source, with "/"; for the web its address
    title: str
    kind: Kind
    section: str  # id of the parent section within the document
    ordinal: int  # place among the document's chunks, from 0
    occurrence: int = 0  # among chunks of the same text and locator in one document, from 0
    places: tuple[tuple[int, str], ...] = ()  # where each part of `context` begins, in characters, and its own locator

    @property
    def id(self) -> str:
        """Content id from source, path, locator and text (and the occurrence where those repeat)."""
        again = () if self.occurrence == 0 else (str(self.occurrence),)
        return content_id(self.source, self.path, str(self.locator), self.text, *again)

    @property
    def document_id(self) -> str:
        """Id of the document that this chunk belongs to."""
        return document_id(self.source, self.path)

    def locator_at(self, start: int) -> str:
        """Give the locator of the part of `context` that holds the character at `start`."""
        found = str(self.locator)
        for begins, locator in self.places:
            if begins <= start:
                found = locator
        return found

    @property
    def heading(self) -> str:
        """Title and heading path in one line, as it stands in front of the embedded text."""
        parts = [p for p in (self.title, *(h for h in self.locator.headings if h != self.title)) if p]
        if (sum(map(_width, parts)) > HEADING_CHARACTERS or len(parts) > MOST_HEADINGS) and len(parts) > 2:
            parts = [parts[0], "…", parts[-1]]
        return " > ".join(map(_shortened, parts))

    @property
    def embedded_text(self) -> str:
        """What goes into the embedding model."""
        return embedded_text(self.heading, self.text)


def _width(text: str) -> int:
    """Count characters as a model that parts Hangul syllables and accents does: the most word pieces of a text."""
    return len(text) if text.isascii() else len(normalize("NFD", text))


def _shortened(text: str) -> str:
    text = text[:LONGEST_HEADING]
    while _width(text) > LONGEST_HEADING:
        text = text[:-1]
    return text


def chunk_to_json(chunk: Chunk) -> str:
    """Write a chunk, whole, as one line of JSON."""
    fields = {f.name: getattr(chunk, f.name) for f in dataclass_fields(chunk)}
    return json.dumps({**fields, "locator": str(chunk.locator)})


def chunk_from_json(line: str | bytes) -> Chunk:
    """Read what `chunk_to_json` wrote."""
    data = json.loads(line)
    data["locator"] = parse_locator(data["locator"])
    data["places"] = tuple((at, where) for at, where in data["places"])
    return Chunk(**data)


def document_id(source: str, path: str) -> str:
    """Id of a document: its source and its path in it."""
    return content_id("document", source, path)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that a search found; ranks count from 1 and are None where that half did not find it."""

    chunk: Chunk
    score: float  # fused, only comparable within one search
    cosine: float  # of the chunk with the question, -1 to 1
    dense_rank: int | None = None
    lexical_rank: int | None = None
    copies: int = 0  # passages that say the same and rank below it, and were left out for it


class Embedder(Protocol):
    """Turns text into unit vectors; see `index_store.embeddings` for the three there are."""

    @property
    def name(self) -> str:
        """Name of the model, as it stands in the index's fingerprint, for example `minilm:all-MiniLM-L6-v2`."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """The most tokens the model reads of one text, special tokens included."""

    def count_tokens(self, text: str) -> int:
        """Count tokens as the model does, without special tokens."""

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages: (n, dimension) float32, unit length."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed one question: (dimension,) float32, unit length."""
