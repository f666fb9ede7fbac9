"""What the library page takes in and shows, without a browser: its handlers over the real parts of a server."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from pydantic import ValidationError

from index_store.chunks import Chunk, Hit
from index_store.dense import Dense
from index_store.locators import Locator
from ingest.arxiv_ids import parse_id
from ingest.receipts import Receipt
from ingest.rules import READER_VERSIONS
from tests.course import write_course
from tests.library import ingest
from ui import doctor, wiring
from ui.adding import AddHandlers
from ui.api_requests import Sources
from ui.certificate_view import certificate_html
from ui.help_page import three_things
from ui.ingest_view import receipts_html
from ui.ingesting import web_address
from ui.library_page import A_PAGE, LibraryHandlers
from ui.library_view import UPLOAD_AGAIN, chunks_html, hits_html
from ui.parts import Parts, parts_of
from ui.removal import Certificate
from ui.visitors import visitors_of

REQUEST: Any = SimpleNamespace(cookies={}, headers={})
NO_ADDRESS = [
    "/proc/self/task",
    "~/none",
    "../secret",
    "file:///etc/passwd",
    "ftp://host/a",
    "http:/etc",
    "arxiv:",
    "22100.3629",
]


@pytest.fixture
def parts(clean_environment: Path, tmp_path: Path, minilm: Any) -> Iterator[Parts]:
    ingest(clean_environment, minilm, write_course(tmp_path / "course"))
    with wiring.open_library(wiring.read_environment()) as library:
        yield parts_of(wiring.assistant_of(library), visitors_of(clean_environment))


def refused(parts: Parts, address: str) -> str:
    told, *given = asyncio.run(AddHandlers(parts).add(None, None, address, False, REQUEST))
    assert given == [gr.skip()] * 3 + ["", ""]  # what was chosen stays
    assert parts.ingests.of(None) is None
    return html.unescape(told)


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_the_page_reads_no_folder_of_the_server(parts: Parts, address: str) -> None:
    before = [d.id for d in parts.library.ledger.documents()]
    told = refused(parts, address)
    assert address in told and "no web address and no arXiv id" in told and "2210.03629" in told
    assert ("lectern ingest PATH" in told) == address.startswith(
        ("/", "~", ".", "file:")
    )  # said to nobody who mistypes
    assert [d.id for d in parts.library.ledger.documents()] == before
    with pytest.raises(ValidationError):
        Sources(sources=[address])


@pytest.mark.parametrize("written", ["2210.03629", "2210.03629v2", "cs/0112017", "arxiv.org/abs/2210.03629"])
def test_a_bare_arxiv_id_is_taken(written: str) -> None:
    assert web_address(written) == f"arxiv:{parse_id(written)}"
    assert web_address("https://example.org/a") == "https://example.org/a"


def test_a_real_folder_that_the_server_can_read_stays_where_it_is(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "exam.md").write_text("# Exam\n\nThe answers of the exam are all forty-two.\n")
    assert "no web address" in refused(parts, f" {tmp_path / 'secret'} ")
    assert not any(d.path == "exam.md" for d in parts.library.ledger.documents())


def test_what_could_not_be_read_is_counted_apart(parts: Parts, minilm: Any, tmp_path: Path) -> None:
    assert parts.material() == "4 documents in the library"
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "broken.pdf").write_bytes(b"no pdf")
    ingest(parts.library.environment.home, minilm, tmp_path / "more")
    assert parts.material() == "4 documents in the library"  # the head of every page is no place for it
    assert parts.material(failures=True) == "4 documents in the library, 1 could not be read"
    does = LibraryHandlers(parts)
    assert "Documents 1 to 5 of 5, 1 could not be read" in does.documents("", 1, gr.Request(cookies={}))[0]
    assert "4 documents; 4 were never cited" in does.course_map(gr.Request(cookies={}))
    index = next(f for f in doctor.examine() if f.name == "index")
    assert index.found.startswith("4 documents, ") and index.found.endswith("sound; 1 could not be read")


CODE = "for shot in shots:\n    print(shot)\n<b>bold</b>"


def chunk(text: str, kind: Any) -> Chunk:
    return Chunk(text, text, 0, Locator(cell=3), "/s", "kilns.ipynb", "Kilns", kind, "s", 0)


@pytest.mark.parametrize("kind", ["code", "output"])
def test_code_that_is_found_keeps_its_lines(kind: str) -> None:
    shown = f"<pre class='lectern-code' tabindex='0'>{html.escape(CODE)}</pre>"
    assert shown in hits_html([Hit(chunk(CODE, kind), 0.5, 0.5)])
    assert shown in chunks_html([chunk(CODE, kind)], 0, 1)
    fenced = hits_html([Hit(chunk(f"Run it:\n\n```\n{CODE}\n```\n", "prose"), 0.5, 0.5)])
    assert f"<pre class='lectern-code' tabindex='0'>{html.escape(CODE)}\n</pre>" in fenced


def receipt(path: str, status: Any, reason: str = "", hint: str = "") -> Receipt:
    return Receipt("/s", path, status, reason=reason, hint=hint)


def test_what_was_skipped_is_counted_by_reason_and_folded_below_the_rest() -> None:
    skipped = [receipt(f"{n:04}.xyz", "skipped", "there is no reader for .xyz", "Convert it.") for n in range(3_000)]
    shown = receipts_html(
        [*skipped, receipt("b.md", "done"), receipt("a.pdf", "failed", "a.pdf is no PDF.", "Print it.")]
    )
    told, folded = shown.split("<details", 1)
    assert told.index("a.pdf") < told.index("b.md") and ".xyz" not in told and "It is no PDF. Print it." in told
    assert "<summary>3,000 files were skipped</summary>" in folded and folded.count("<tr>") == 2
    assert "there is no reader for .xyz. Convert it." in folded and "<td data-name='Files'>3,000</td>" in folded
    assert receipts_html([]) == ""


def test_a_page_has_two_hundred_receipts_at_most() -> None:
    shown = receipts_html([receipt(f"{n}.md", "done") for n in range(500)])
    assert "the first 200 of 500" in shown and shown.count("<tr>") == 201


def test_the_choice_of_a_document_is_of_all_of_them_whatever_the_list_is_narrowed_to(parts: Parts) -> None:
    does, every = LibraryHandlers(parts), {d.id for d in parts.library.ledger.documents()}
    listed, page, _ = does.documents("no such document", 1, REQUEST)
    assert "No document fits" in listed and "choices" not in page
    assert [{value for _, value in box["choices"]} for box in does.choices(REQUEST)] == [every, every]


def test_the_name_in_the_list_leads_to_what_is_in_a_document_from_its_first_chunk(parts: Parts) -> None:
    does, known = LibraryHandlers(parts), parts.library.ledger.documents()[0]
    assert f"data-look='{known.id}'" in does.documents("", 1, REQUEST)[0]
    chosen, opened, *looked = does.choose(f"{known.id} 17", REQUEST)
    assert chosen["value"] == known.id and opened["open"] and tuple(looked) == does.look_first(known.id, REQUEST)
    shown, at = does.look_first(known.id, REQUEST)
    assert f"<h3 data-document='{known.id}'>" in shown and html.escape(known.path) in shown and at["value"] == 1
    assert does.choose("gone 18", REQUEST) == (gr.skip(),) * 4


def test_a_hit_opens_the_page_of_its_own_chunk_and_that_says_so(parts: Parts, minilm: Any, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    text = "\n\n".join(
        f"# Kiln {n}\n\nKiln number {n} burns. {'It was built of brick. ' * 20}" for n in range(3 * A_PAGE)
    )
    (tmp_path / "more" / "many.md").write_text(text)
    ingest(parts.library.environment.home, minilm, tmp_path / "more")
    does = LibraryHandlers(parts)
    known = next(d for d in parts.library.ledger.documents() if d.path == "many.md")
    chunks = parts.library.ledger.chunks(known.id)
    assert len(chunks) > 2 * A_PAGE
    wanted = chunks[A_PAGE + 3]
    (opener,) = re.findall(r"data-look='([^']*)'", hits_html([Hit(wanted, 0.5, 0.5)]))
    _, opened, shown, page = does.choose(f"{opener} 17.5", REQUEST)
    assert opened["open"] and page["value"] == 2
    assert shown.count("lectern-hit") == 1 and f">{A_PAGE + 4}<span class='lectern-hit'>" in shown
    assert (shown, page) == does.look_first(known.id, REQUEST, f"{opener} 17.5")
    assert "lectern-hit" not in does.look_into(known.id, 1, REQUEST, opener)
    other = next(d for d in parts.library.ledger.documents() if d.is_read and d.id != known.id)
    assert does.look_first(other.id, REQUEST, opener)[1]["value"] == 1
    assert does.look_first(known.id, REQUEST, f"{known.id}:x{'9' * 5000} 1")[1]["value"] == 1


def test_a_failed_document_gives_its_path_once(parts: Parts, minilm: Any, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "broken.pdf").write_bytes(b"no pdf")
    ingest(parts.library.environment.home, minilm, tmp_path / "more")
    listed = LibraryHandlers(parts).documents("broken", 1, REQUEST)[0]
    assert listed.count("broken.pdf") == 1 and "It is no PDF" in listed


async def test_what_a_search_found_can_be_cleared_and_what_went_is_counted_in_words(parts: Parts) -> None:
    does = LibraryHandlers(parts)
    found, clear = await does.search("At how many degrees is celadon fired?", REQUEST)
    assert found.startswith("<details open>") and clear["visible"]
    assert await does.search("  ", REQUEST) == ("", gr.update(visible=False))
    went = certificate_html(Certificate(1, 1, 1, 1, 0, 0, 0), "Kilns")
    assert "1 document with 1 chunk, 1 vector and 1 uploaded file went; 0 chunks, 0 vectors, 0 files left." in went


def test_help_names_three_things_that_its_reader_may_do() -> None:
    assert "upload" in three_things(True)
    other = three_things(False)
    assert "upload" not in other and "Try a search" in other and other.count("**") == 6


async def test_all_that_could_not_be_read_is_removed_at_once(parts: Parts, minilm: Any, tmp_path: Path) -> None:
    does = LibraryHandlers(parts)
    assert not does.documents("", 1, REQUEST)[2]["visible"]
    for name in ("a.pdf", "b.ipynb"):
        (tmp_path / "more").mkdir(exist_ok=True)
        (tmp_path / "more" / name).write_bytes(b"{none")
    ingest(parts.library.environment.home, minilm, tmp_path / "more")
    button = does.documents("kilns", 1, REQUEST)[2]
    assert button["visible"] and "(2)" in button["value"]
    assert "2 documents with 0 chunks" in await does.remove_unread(REQUEST)
    assert len(parts.library.ledger.documents()) == 4 and not does.documents("", 1, REQUEST)[2]["visible"]


async def test_several_are_removed_at_once_with_the_proof_of_each(parts: Parts, minilm: Any, tmp_path: Path) -> None:
    does, home = LibraryHandlers(parts), parts.library.environment.home
    (home / "uploads" / "0123456789ab").mkdir(parents=True)
    for name in ("ash.txt", "<b>bone.txt"):
        (home / "uploads" / "0123456789ab" / name).write_text(f"Of {name} a glaze is made.\n")
    ingest(home, minilm, home / "uploads" / "0123456789ab")
    every = parts.library.ledger.documents()
    wanted = [d for d in every if "uploads" in d.source or d.path == "kilns.md"]
    gone = [*(d.id for d in wanted), "removed-meanwhile"]
    told, several, chosen = await does.remove_several(gone, wanted[0].id, REQUEST)
    assert "Removed 3 documents." in told and "2 uploaded files went; 0 chunks, 0 vectors, 0 files left." in told
    assert told.count("<li class='lectern-done'>") == told.count(": 0 chunks, 0 vectors, 0 files left</li>") == 3
    assert all(html.escape(d.path) in told for d in wanted) and "<b>bone" not in told
    assert several["value"] == [] and chosen["value"] is None
    assert parts.library.ledger.documents() == [d for d in every if d not in wanted]
    assert not [f for f in (home / "uploads").rglob("*") if f.is_file()]
    for nothing in (gone, [], None):
        told, *_ = await does.remove_several(nothing, None, REQUEST)
        assert "No document was chosen" in told
    assert len(parts.library.ledger.documents()) == len(every) - 3


async def test_what_could_not_be_taken_away_of_one_of_several_is_told_of_it(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = next(d for d in parts.library.ledger.documents() if d.path == "kilns.md")
    ids, whole = parts.library.ledger.chunk_ids(kept.id), Dense.delete
    monkeypatch.setattr(Dense, "delete", lambda dense, gone: whole(dense, [i for i in gone if i not in ids]))
    several = [d.id for d in parts.library.ledger.documents()[:4]]
    told, *_ = await LibraryHandlers(parts).remove_several(several, None, REQUEST)
    (failed,) = [line for line in told.split("<li ") if line.startswith("class='lectern-failed'")]
    assert "kilns.md" in failed and f"{len(ids)} vectors" in failed and "<p class='lectern-failed'>" in told


def test_only_what_may_end_otherwise_is_tried_again(
    parts: Parts, minilm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = parts.library.environment.home
    for folder in (home / "uploads" / "0123456789ab", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
        (folder / "broken.pdf").write_bytes(b"no pdf")
        ingest(home, minilm, folder)

    def listed() -> str:
        return html.unescape(LibraryHandlers(parts).documents("broken", 1, REQUEST)[0])

    assert listed().count("data-again") == 1 and listed().count(UPLOAD_AGAIN) == 1
    monkeypatch.setitem(READER_VERSIONS, "pdf", 99)
    assert listed().count("data-again") == 2 and UPLOAD_AGAIN not in listed()


async def test_a_search_marks_the_words_that_it_found_and_each_hit_opens_its_document(parts: Parts) -> None:
    found, _ = await LibraryHandlers(parts).search("What does firing stoneware need?", REQUEST)
    known = next(d for d in parts.library.ledger.documents() if d.path == "kilns.md")
    assert f"data-look='{known.id}:" in found
    assert "<mark>Stoneware</mark> is <mark>fired</mark>" in found and "<mark>is</mark>" not in found
    assert "<mark>shot</mark>" in hits_html([Hit(chunk(CODE, "code"), 0.5, 0.5)], "a shot")


def test_ranks_that_near_copies_had_are_explained(parts: Parts, minilm: Any, tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / "copies").mkdir(exist_ok=True)
        (tmp_path / "copies" / f"{n}.md").write_text("Saggars hold porcelain away from the flames of a wood kiln.\n")
    ingest(parts.library.environment.home, minilm, tmp_path / "copies")
    hits = parts.library.searcher.search("What do saggars hold?", 3)
    assert hits[0].copies == 2
    assert "2 near-copies of it left out" in hits_html(hits) and "left out" not in hits_html(hits[2:])
