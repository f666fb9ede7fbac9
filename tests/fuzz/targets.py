"""What must hold for any bytes: each target takes some, feeds them to one part of ours, and fails where it does wrong.

What a part may raise by its contract is caught here; whatever else comes out is a crash. Loads no fuzzer: the tests put
the kept inputs through the same targets.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Collection
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

from assistant.answer_stream import AnswerStream
from assistant.citations import MarkerStream
from assistant.react_reply import MalformedReply, ReplyReader, read_reply
from index_store.errors import FetchRefused, UnreadableFile
from index_store.minilm import MiniLM
from ingest.addresses import Address, join, parse
from ingest.document import Document
from ingest.ip_policy import why_refused
from ingest.readers import read_document
from ingest.splitting import SPECIAL_TOKENS, split
from tests.made_files import docx, pptx
from ui.batch import Row, run_batch
from ui.render import answer_markdown, neutral
from ui.sign_in import own_path

TEXTS = (".md", ".mdx", ".txt", ".vtt", ".srt", ".html", ".csv", ".tsv", ".py", ".ipynb")
BINARIES = (".pdf", ".docx", ".pptx")
PARTS = (
    (".docx", docx, "word/document.xml"),
    (".docx", docx, "word/_rels/document.xml.rels"),
    (".pptx", pptx, "ppt/slides/slide1.xml"),
    (".pptx", pptx, "ppt/slides/_rels/slide1.xml.rels"),
)
PASSAGES = (1, 2, 3)
LINKS = ("https://course.example/a",)
BASE = "https://course.example/a/b"
_OPENS = re.compile(r"<([A-Za-z][^\s>/]*)")
PIECE = "\x1f"
"""Cuts a text into the pieces in which it arrives."""


def readers_text(data: bytes) -> None:
    """A file of a format that is text: its first byte says which."""
    _read(data[1:], TEXTS[data[0] % len(TEXTS)] if data else ".md")


def readers_binary(data: bytes) -> None:
    """A PDF or an office file, as it begins."""
    _read(data, ".pdf" if not data.startswith(b"PK") else BINARIES[1 + len(data) % 2])


def readers_office(data: bytes) -> None:
    """The XML in an office file that is sound as an archive."""
    suffix, made, part = PARTS[data[0] % len(PARTS) if data else 0]
    _read(_with_part(made(), part, data[1:]), suffix)


def splitter(data: bytes) -> None:
    """A document of any text, cut into windows."""
    document = _read(data[2:], (".md", ".html", ".csv", ".py")[data[0] % 4]) if len(data) > 2 else None
    if document is None:
        return
    embedder = _embedder()
    how: dict[str, Any] = {"source": "/c", "path": "a.md", "embedder": embedder, "window_tokens": 1 + data[1]}
    chunks = split(document, **how)
    assert [c.id for c in chunks] == [c.id for c in split(document, **how)]
    assert len({c.id for c in chunks}) == len(chunks)
    assert _seen(c.text for c in chunks) == _seen(b.text for b in document.blocks)
    for chunk in chunks:
        assert chunk.context.startswith(chunk.text, chunk.window_start)
        assert embedder.count_tokens(chunk.embedded_text) + SPECIAL_TOKENS <= embedder.max_tokens


def citations(data: bytes) -> None:
    """An answer in pieces: cut anywhere, it reads as if it had come at once."""
    text = data.decode("utf-8", "replace")
    pieces = text.split(PIECE)
    whole = "".join(pieces)
    for hold in (False, True):
        one, other = (AnswerStream(PASSAGES, LINKS, hold=hold) for _ in range(2))
        assert one.feed(whole) + one.finish() == "".join(map(other.feed, pieces)) + other.finish()
        assert one.order == other.order
        assert set(one.order) <= set(PASSAGES)
    once, again = MarkerStream(PASSAGES), MarkerStream(PASSAGES)
    assert once.feed(whole) + once.finish() == "".join(map(again.feed, pieces)) + again.finish()
    assert (once.order, once.removed) == (again.order, again.removed)


def agent_replies(data: bytes) -> None:
    """A reply of a model in ReAct form: it is read or refused, and its answer is the same however it came."""
    text = data.decode("utf-8", "replace")
    pieces = text.split(PIECE)
    reader = ReplyReader()
    streamed = "".join(map(reader.feed, pieces))
    try:
        reply = read_reply("".join(pieces))
    except MalformedReply:
        return
    if streamed:
        assert (reply.answer or "") == streamed.strip()


def addresses(data: bytes) -> None:
    """An address, and one that a redirect leads to: what is read is public, and read alike by another parser."""
    text = data.decode("utf-8", "replace")
    for read in (lambda: parse(text), lambda: parse(f"http://{text}"), lambda: join(parse(BASE), text)):
        try:
            address = read()
        except FetchRefused as exc:
            assert exc.message.isprintable()
            continue
        _check_address(address)


def batch_rows(data: bytes) -> None:
    """Lines of a batch: a row comes out for each, in order, and the run goes on."""
    lines = data.decode("utf-8", "replace").splitlines(keepends=True)
    out = io.StringIO()
    done = run_batch(lines, _echo, out, lambda n: None)
    rows = out.getvalue().splitlines()
    assert len(rows) == done.rows == sum(1 for line in lines if line.strip())
    for row in map(json.loads, rows):
        assert "unexpected fault" not in str(row.get("error", "")), row


def page_texts(data: bytes) -> None:
    """A text that is shown on a page, and a path to go to after signing in: no tag opens, and nobody is led away."""
    text = data.decode("utf-8", "replace")
    for shown in (neutral(text), answer_markdown(text, "0" * 32)):
        assert _opened(shown) <= {"pre", "code"}, shown
    home = "https://course.example/lectern/"
    led = urlsplit(urljoin(home, own_path(text)))
    assert (led.scheme, led.netloc) == ("https", "course.example")


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        readers_text, readers_binary, readers_office, splitter, citations, agent_replies, addresses, batch_rows,
        page_texts,
    )
}  # fmt: skip


def _read(data: bytes, suffix: str) -> Document | None:
    name = f"x{suffix}"
    try:
        document = read_document(data, name)
    except UnreadableFile as exc:
        assert name in exc.message
        assert exc.hint
        return None
    for block in document.blocks:
        assert block.text.strip()
        block.text.encode()
        str(block.locator)
    assert document.unaccounted == 0
    return document


@cache
def _embedder() -> MiniLM:
    return MiniLM()


def _with_part(archive: bytes, part: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, data if name == part else old.read(name))
    return out.getvalue()


def _seen(texts: Any) -> str:
    return "".join("".join(text.split()) for text in texts)


def _check_address(address: Address) -> None:
    assert str(address).isascii()
    assert urlsplit(str(address)).hostname == address.host
    assert parse(str(address)) == address
    if address.ip is not None:
        assert why_refused(address.ip) is None
    else:
        assert "." in address.host and not address.host.rpartition(".")[2].isdigit()


def _echo(row: Row) -> Row:
    assert isinstance(row["question"], str)
    assert all(turn["role"] in ("user", "assistant") for turn in row["history"])
    return {"question": row["question"]}


def _opened(html: str) -> Collection[str]:
    """Give the elements that a browser would open in a text: `<` and a letter, then its name."""
    return set(_OPENS.findall(html))
