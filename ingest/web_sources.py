"""Turns what a user names into a source: an address, an arXiv id, or a path on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from index_store.errors import FetchRefused
from ingest.arxiv_ids import parse_id
from ingest.settings import IngestSettings
from ingest.sources import FETCHED_FROM, Item, Payload, Source, folder_source


def source_of(argument: str, known: Sequence[str], settings: IngestSettings, *, allow_loopback: bool = False) -> Source:
    """Give the source that an argument names; nothing is fetched before its items are loaded.

    Raises:
        SourceMissing: when a path leads to nothing.
    """
    lowered = argument.lower()
    if not lowered.startswith(FETCHED_FROM) and not _is_bare_id(argument):
        return folder_source(Path(argument), known, settings.max_file_bytes)
    from ingest.arxiv import Arxiv
    from ingest.fetch import Fetcher, FetchSettings
    from ingest.web import page_material

    fetcher = Fetcher(FetchSettings(allow_loopback=allow_loopback))
    paper = parse_id(argument)
    if paper is None and not lowered.startswith("arxiv:"):
        return _fetched(_named(argument, allow_loopback), lambda: _payload(page_material(fetcher, argument)))
    return _fetched(f"arxiv:{paper or argument[6:]}", lambda: _payload(Arxiv(fetcher).materials(paper or argument)[0]))


def _is_bare_id(argument: str) -> bool:
    """Tell whether it is a paper's id with nothing before it, and no path that leads to something here."""
    return parse_id(argument) is not None and not Path(argument).expanduser().exists()


def _named(argument: str, allow_loopback: bool) -> str:
    """Give what a receipt calls an address: without its secrets where it will be refused, as for a log-in in it."""
    from ingest.addresses import parse, printable

    try:
        parse(argument, allow_loopback=allow_loopback)
    except FetchRefused:
        return printable(argument)
    return argument


def _fetched(name: str, load: Callable[[], Payload]) -> Source:
    def items() -> Iterator[Item]:
        yield Item(name, 0, 0, load)

    return Source(name, "arxiv" if name.startswith("arxiv:") else "web", "", items)


def _payload(material: object) -> Payload:
    from ingest.web import Material

    assert isinstance(material, Material)
    return Payload(material.data, material.suffix, material.path)
