"""arXiv ids in all their forms, and what its API answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index_store.errors import FetchFailed, FetchRefused, InvalidInput, LecternError, SourceMissing
from ingest.arxiv import Arxiv, ArxivSettings, PaperId, parse_id
from ingest.fetch import Fetcher, FetchSettings
from ingest.web import read_material
from tests.arxiv_api import ATOM, ArxivApi, Record, error, feed
from tests.web_site import Answer, WebSite, redirect, robots


def _no_name(host: str, port: int) -> Any:
    raise OSError("no such name")


OLD = PaperId("hep-th/9901001")
NEW = PaperId("2310.10631")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2310.10631", NEW),
        (" 2310.10631v2\n", PaperId("2310.10631", 2)),
        ("arxiv:2310.10631", NEW),
        ("arXiv: 2310.10631v12", PaperId("2310.10631", 12)),
        ("arXiv:2310.10631v1 [cs.CL]", PaperId("2310.10631", 1)),
        ("0704.0001", PaperId("0704.0001")),
        ("1412.9999", PaperId("1412.9999")),
        ("1501.00001", PaperId("1501.00001")),
        ("hep-th/9901001", OLD),
        ("arxiv:HEP-TH/9901001v3", PaperId("hep-th/9901001", 3)),
        ("math.gt/0309136", PaperId("math.GT/0309136")),
        ("https://arxiv.org/abs/2310.10631", NEW),
        ("http://www.arxiv.org/abs/2310.10631v2/", PaperId("2310.10631", 2)),
        ("arxiv.org/pdf/2310.10631", NEW),
        ("https://arxiv.org/pdf/2310.10631v2.pdf", PaperId("2310.10631", 2)),
        ("https://export.arxiv.org/abs/hep-th/9901001", OLD),
        ("https://arxiv.org/html/2310.10631v1?x=1#S3", PaperId("2310.10631", 1)),
        ("https://arxiv.org/pdf/hep-th/9901001.pdf", OLD),
        ("10.48550/arXiv.2310.10631", NEW),
        ("https://doi.org/10.48550/arXiv.2310.10631", NEW),
    ],
)
def test_id_is_read_in_every_form_that_people_write(text: str, found: PaperId) -> None:
    assert parse_id(text) == found
    assert parse_id(str(found)) == parse_id(f"https://arxiv.org/abs/{found}") == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "arxiv:", "2310", "2310.1063", "2310.106311", "2313.10631", "2300.10631", "0703.0001", "1412.00001"),
        *(
            "2310.10631v0",
            "2310.10631v",
            "2310.10631x",
            "x2310.10631",
            "notes/0309136",
            "hep-th/991300",
            "hep-th/9913001",
        ),
        *(
            "https://example.org/abs/2310.10631",
            "https://arxiv.org/list/cs.CL/new",
            "https://arxiv.org.example/abs/2310.10631",
        ),
        *("https://arxiv.org/abs/2310.10631/../x", "２３１０.10631", "2310.10631.pdf", "./2310.10631"),
    ],
)
def test_what_is_no_id_is_not_taken_for_one(text: str) -> None:
    assert parse_id(text) is None


@given(st.text(max_size=40))
@example("arxiv:" + " " * 30)
def test_any_text_is_an_id_or_none_and_an_id_reads_back(text: str) -> None:
    found = parse_id(text)
    if found is not None:
        assert parse_id(str(found)) == found


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as running:
        running["/robots.txt"] = robots("User-agent: *\nDisallow: /api\nAllow: /pdf")
        yield running


def arxiv(site: WebSite, **changes: Any) -> Arxiv:
    fetcher = Fetcher(FetchSettings(allow_loopback=True, timeout_s=5))
    settings = {"api": f"{site.url}/api/query", "site": site.url, "pause_s": 0.0} | changes
    return Arxiv(fetcher, ArxivSettings(**settings))


def test_paper_comes_with_all_that_arxiv_says_of_it(site: WebSite) -> None:
    site["/api/query"] = ArxivApi(
        Record("2310.10631", comment="12 pages", journal="J. Reading 7 (2024)", doi="10.1000/x.7")
    )
    paper = arxiv(site).paper("arxiv:2310.10631")
    assert paper.id == PaperId("2310.10631", 3)
    assert paper.address == f"{site.url}/abs/2310.10631"
    assert paper.title == "Walking the reading list: a study"
    assert paper.authors == ("Ada Example", "Bo Müller")
    assert (paper.published, paper.updated) == ("2023-10-16", "2024-03-15")
    assert paper.categories == ("cs.CL", "cs.AI")
    assert paper.abstract == "We read what is given & say what we read. It helps when p < 0.05."
    assert (paper.comment, paper.journal, paper.doi) == ("12 pages", "J. Reading 7 (2024)", "10.1000/x.7")
    assert paper.fetched_at.endswith("+00:00")
    assert site.paths == ["/api/query?id_list=2310.10631&max_results=1"]


@pytest.mark.parametrize("number", ["hep-th/9901001", "math.GT/0309136"])
def test_old_id_is_looked_up_too(site: WebSite, number: str) -> None:
    site["/api/query"] = ArxivApi(Record(number))
    assert arxiv(site).paper(number).id == PaperId(number, 3)


def test_version_that_was_named_is_the_one_that_is_cited(site: WebSite) -> None:
    site["/api/query"] = ArxivApi(Record("2310.10631"))
    paper = arxiv(site).paper(PaperId("2310.10631", 2))
    assert paper.id.version == 2
    assert paper.address.endswith("/abs/2310.10631v2")


def test_record_is_read_as_a_document_with_the_abstract_verbatim(site: WebSite) -> None:
    site["/api/query"] = ArxivApi(
        Record("2310.10631", title="On *stars* & <tags>_x", comment="see § 2 # not a heading")
    )
    (material,) = arxiv(site).materials("2310.10631")
    assert (material.path, material.suffix) == (f"{site.url}/abs/2310.10631", ".md")
    document = read_material(material)
    assert document.title == "On *stars* & <tags>_x"
    texts = [block.text for block in document.blocks]
    assert "We read what is given & say what we read. It helps when p < 0.05." in texts
    record = "\n".join(texts)
    for fact in ("Ada Example, Bo Müller", "2023-10-16", "cs.CL, cs.AI", "see § 2 # not a heading", "2310.10631v3"):
        assert fact in record


@pytest.mark.parametrize(
    "summary",
    [
        "# We count lines that start with a hash.",
        "- Not a list.",
        "1. First we read. Then we write.",
        "<think> is a token. So is </think>, and x<y>z too.",
        "```not a fence``` and `code` and $x_1^* < y_2$.",
        "[1]: https://example.org is what we cite.",
        "We write {curly} \\emph{words}, import x from 'y' and 2 < 3 > 1 * 2 * 3.",
    ],
)
def test_abstract_that_looks_like_markup_is_kept_verbatim(site: WebSite, summary: str) -> None:
    site["/api/query"] = ArxivApi(Record("2310.10631", summary=summary))
    (material,) = arxiv(site).materials("2310.10631")
    assert any(summary in block.text for block in read_material(material).blocks)


def test_pdf_comes_where_the_settings_ask_for_it_and_robots_txt_lets_it(site: WebSite) -> None:
    site["/api/query"] = ArxivApi(Record("2310.10631"))
    site["/pdf/2310.10631"] = redirect("/pdf/2310.10631v3")
    site.page("/pdf/2310.10631v3", b"%PDF-1.7", "application/pdf")
    record, pdf = arxiv(site, full_text=True).materials("2310.10631")
    assert record.suffix == ".md"
    assert (pdf.path, pdf.suffix, pdf.data) == (f"{site.url}/pdf/2310.10631v3", ".pdf", b"%PDF-1.7")
    site["/robots.txt"] = robots("User-agent: *\nDisallow: /pdf")
    with pytest.raises(FetchRefused, match=r"robots\.txt"):
        arxiv(site, full_text=True).materials("2310.10631")


def failure(site: WebSite, kind: type[LecternError], paper_id: str = "2310.10631") -> LecternError:
    with pytest.raises(kind) as caught:
        arxiv(site).paper(paper_id)
    assert paper_id in caught.value.message
    assert caught.value.hint
    return caught.value


def test_unknown_paper_and_unknown_version_are_missing(site: WebSite) -> None:
    site["/api/query"] = ArxivApi(Record("2310.10631"))
    assert "no such paper" in failure(site, SourceMissing, "2310.99999").message
    assert "no such paper" in failure(site, SourceMissing, "2310.10631v9").message


def test_text_that_is_no_id_is_an_error_before_anything_is_asked(site: WebSite) -> None:
    failure(site, InvalidInput, "attention is all you need")
    assert site.asked == []


@pytest.mark.parametrize(
    "said",
    [
        {"comment": "This paper has been withdrawn by the author due to an error in Lemma 2"},
        {"comment": "Withdrawn"},
        {"comment": "4 pages. This submission was withdrawn from arXiv by its authors."},
        {"summary": "This paper has been withdrawn."},
    ],
)
def test_withdrawn_paper_is_missing_with_the_reason(site: WebSite, said: dict[str, str]) -> None:
    site["/api/query"] = ArxivApi(Record("2310.10631", **said))
    error_ = failure(site, SourceMissing)
    assert "withdrawn" in error_.message.lower()
    assert "earlier version" in error_.hint


@pytest.mark.parametrize(
    "said",
    [
        {"comment": "Withdrawn from a conference, now in a journal"},
        {"summary": "Savings that are withdrawn early lose interest. This study counts how much."},
    ],
)
def test_paper_that_only_speaks_of_withdrawing_is_there(site: WebSite, said: dict[str, str]) -> None:
    site["/api/query"] = ArxivApi(Record("2310.10631", **said))
    assert arxiv(site).paper("2310.10631").title


def test_error_entry_of_the_api_is_an_error_in_its_words(site: WebSite) -> None:
    site["/api/query"] = Answer(error("the index is being rebuilt"), content_type=ATOM)
    assert "the index is being rebuilt" in failure(site, FetchFailed).message
    site["/api/query"] = Answer(error("incorrect id format for 2310.10631"), content_type=ATOM)
    failure(site, SourceMissing)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html><body>Rate exceeded.</body></html>"),
        Answer(b"<feed", content_type=ATOM),
        Answer(b"", content_type=ATOM),
        Answer(b"<rss/>", content_type=ATOM),
        Answer(b'<?xml version="1.0" encoding="no-such"?><feed/>', content_type=ATOM),
        Answer(
            b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>',
            content_type=ATOM,
        ),
        Answer(
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><feed xmlns="http://www.w3.org/2005/Atom">&a;</feed>',
            content_type=ATOM,
        ),
        Answer(feed(Record("2310.00001").entry(1), 1), content_type=ATOM),
    ],
)
def test_answer_that_is_nonsense_is_an_error_not_a_paper(site: WebSite, answer: Answer) -> None:
    site["/api/query"] = answer
    failure(site, FetchFailed)


def test_empty_entry_as_the_api_gives_for_some_ids_is_a_missing_paper(site: WebSite) -> None:
    for entry in ("<entry/>", "<entry><id>http://arxiv.org/abs/2310.10631v1</id><title/></entry>"):
        site["/api/query"] = Answer(feed(entry, 1), content_type=ATOM)
        failure(site, SourceMissing)


def test_where_arxiv_cannot_be_reached_an_id_is_answered_without_an_address() -> None:
    offline = Arxiv(Fetcher(FetchSettings(), resolve=_no_name), ArxivSettings(pause_s=0.0))
    with pytest.raises(FetchFailed) as caught:
        offline.paper(NEW)
    told = str(caught.value)
    assert told.startswith("arXiv cannot be reached from here (the name export.arxiv.org could not be resolved).")
    assert "https://" not in told and "spelling" not in told and "Paste the abstract" in told


@pytest.mark.parametrize("status", [429, 500, 503])
def test_overloaded_api_is_an_error_with_the_next_step(site: WebSite, status: int) -> None:
    site["/api/query"] = Answer(status=status, headers={"Retry-After": "30"})
    with pytest.raises(FetchFailed, match=f"status {status}") as caught:
        arxiv(site).paper("2310.10631")
    assert "30 seconds" in caught.value.hint and "Paste the abstract" in caught.value.hint


def test_questions_keep_their_distance(site: WebSite) -> None:
    site["/api/query"] = ArxivApi(Record("2310.10631"))
    asked = arxiv(site, pause_s=0.2)
    began = time.monotonic()
    for _ in range(3):
        asked.paper("2310.10631")
    assert 0.4 <= time.monotonic() - began < 2
