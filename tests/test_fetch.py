"""The fetcher end to end, over real HTTP: every hop guarded, every limit kept, every error in words."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index_store.errors import FetchFailed, FetchRefused, SettingsError
from ingest.fetch import Fetcher, FetchSettings, Page
from tests.web_site import (
    Answer,
    Asked,
    Rerouted,
    Resolver,
    WebSite,
    closed_port,
    dripping,
    endless,
    gzipped,
    redirect,
    robots,
)

LOCAL = FetchSettings(allow_loopback=True, timeout_s=5, connect_timeout_s=2, read_timeout_s=2)
PUBLIC = "93.184.216.34"


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as running:
        yield running


def fetch(url: str, **changes: Any) -> Page:
    return Fetcher(replace(LOCAL, **changes)).fetch(url)


def test_page_comes_with_its_address_type_charset_and_time(site: WebSite) -> None:
    site.page("/notes", b"<p>Hello.</p>", "Text/HTML; charset=ISO-8859-1")
    before = datetime.now(UTC).replace(microsecond=0)
    page = fetch(f"{site.url}/notes#part")
    assert page.requested == page.url == f"{site.url}/notes"
    assert (page.status, page.content_type, page.charset) == (200, "text/html", "iso-8859-1")
    assert page.data == b"<p>Hello.</p>"
    assert before <= datetime.fromisoformat(page.fetched_at) <= datetime.now(UTC)


def test_request_says_who_asks_and_carries_nothing_else(site: WebSite) -> None:
    site.page("/", b"x")
    fetch(f"{site.url}/", contact="team@example.org")
    sent = site.asked[-1].headers
    assert set(sent) == {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert sent["user-agent"].startswith("Lectern/")
    assert "contact: team@example.org" in sent["user-agent"]


def test_gzip_is_decoded(site: WebSite) -> None:
    site["/"] = gzipped(b"<p>packed</p>" * 100)
    assert fetch(f"{site.url}/").data == b"<p>packed</p>" * 100


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_their_end(site: WebSite, status: int) -> None:
    site["/old"] = redirect("/older?x=1", status)
    site["/older"] = redirect(f"{site.url}/new", status)
    site.page("/new", b"here")
    page = fetch(f"{site.url}/old")
    assert (page.requested, page.url, page.data) == (f"{site.url}/old", f"{site.url}/new", b"here")


def test_redirects_in_a_circle_and_without_end_are_stopped(site: WebSite) -> None:
    site["/a"], site["/b"] = redirect("/b"), redirect("/a")
    with pytest.raises(FetchFailed, match="round in a circle"):
        fetch(f"{site.url}/a")
    for number in range(20):
        site[f"/{number}"] = redirect(f"/{number + 1}")
    site.page("/5", b"the fifth")
    assert fetch(f"{site.url}/0").data == b"the fifth"
    site["/5"] = redirect("/6")
    with pytest.raises(FetchFailed, match="more than 5 redirects"):
        fetch(f"{site.url}/0")
    assert "/7" not in site.paths


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://10.0.0.1:8080/admin",
        "http://0x7f.1/",
        "http://[::ffff:10.0.0.1]/",
        "//metadata.google.internal/",
        "file:///etc/passwd",
        "ftp://example.org/",
        "https://user:secret@example.org/",
        "http://example.org:25/",
    ],
)
def test_redirect_to_what_must_not_be_fetched_is_refused_and_both_ends_are_named(site: WebSite, location: str) -> None:
    site["/go"] = redirect(location)
    with pytest.raises(FetchRefused, match="leads to another address") as caught:
        fetch(f"{site.url}/go")
    assert f"{site.url}/go" in caught.value.message
    assert "secret" not in str(caught.value)
    assert caught.value.hint


def test_redirect_to_loopback_is_refused_without_the_setting(site: WebSite) -> None:
    site["/go"] = redirect(f"{site.url}/inner")
    network, names = Rerouted(site), Resolver([PUBLIC])
    fetcher = Fetcher(replace(LOCAL, allow_loopback=False), resolve=names, network=network)
    with pytest.raises(FetchRefused, match="loopback"):
        fetcher.fetch("http://course.example/go")
    assert {host for host, _ in network.dialled} == {PUBLIC}
    assert "/inner" not in site.paths


def test_loopback_is_refused_by_default(site: WebSite) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        with pytest.raises(FetchRefused):
            Fetcher().fetch(f"http://{host}:{site.port}/")
    assert site.asked == []


def test_name_that_is_rebound_between_robots_txt_and_page_is_refused(site: WebSite) -> None:
    site["/robots.txt"] = robots("")
    site.page("/", b"x")
    network, names = Rerouted(site), Resolver([PUBLIC], ["127.0.0.1"])
    with pytest.raises(FetchRefused, match=r"127\.0\.0\.1, which is loopback"):
        Fetcher(replace(LOCAL, allow_loopback=False), resolve=names, network=network).fetch("http://rebind.example/")
    assert network.dialled == [(PUBLIC, 80)]
    assert site.paths == ["/robots.txt"]


def test_each_host_of_a_redirect_is_resolved_and_gets_its_own_name(site: WebSite) -> None:
    site["/go"] = redirect("https://other.example:8443/end")
    site.page("/end", b"there")
    network, names = Rerouted(site), Resolver([PUBLIC])
    page = Fetcher(FetchSettings(obey_robots=False), resolve=names, network=network).fetch("http://course.example/go")
    assert page.url == "https://other.example:8443/end"
    assert names.asked == ["course.example", "other.example"]
    assert network.dialled == [(PUBLIC, 80), (PUBLIC, 8443)]
    assert [asked.headers["host"] for asked in site.asked] == ["course.example", "other.example:8443"]
    assert network.names == ["other.example"]


@pytest.mark.parametrize("kind", ["image/png", "video/mp4", "application/x-msdownload", "text/css", None])
def test_type_that_no_reader_reads_is_refused_before_the_body(site: WebSite, kind: str | None) -> None:
    site["/thing"] = Answer(endless(), content_type=kind)
    with pytest.raises(FetchRefused, match="no reader reads"):
        fetch(f"{site.url}/thing")


def test_type_that_the_server_does_not_know_passes_by_the_ending_of_the_address(site: WebSite) -> None:
    site.page("/paper.pdf", b"%PDF-", "application/octet-stream")
    site.page("/lesson.ipynb", b"{}", None)
    assert fetch(f"{site.url}/paper.pdf").data == b"%PDF-"
    assert fetch(f"{site.url}/lesson.ipynb").content_type == ""


@pytest.mark.parametrize(
    ("status", "headers", "hint"),
    [
        (401, {}, "log-in"),
        (403, {}, "refuses programs"),
        (404, {}, "spelling"),
        (410, {}, "taken away"),
        (418, {}, "save it as a file"),
        (429, {"Retry-After": "17"}, "in 17 seconds"),
        (429, {"Retry-After": "x" * 9000}, "later"),
        (500, {}, "later"),
        (503, {"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}, "later"),
        (204, {}, "save it as a file"),
        (304, {}, "save it as a file"),
        (302, {}, "save it as a file"),
    ],
)
def test_status_without_a_page_is_an_error_with_the_next_step(
    site: WebSite, status: int, headers: dict[str, str], hint: str
) -> None:
    site["/page"] = Answer(b"", status=status, headers=headers)
    with pytest.raises(FetchFailed, match=f"status {status}") as caught:
        fetch(f"{site.url}/page", obey_robots=False)
    assert hint in caught.value.hint


def test_body_that_drips_ends_at_the_deadline(site: WebSite) -> None:
    site["/drip"] = Answer(dripping(b"<p>never done", pause_s=0.02))
    began = time.monotonic()
    with pytest.raises(FetchFailed, match=r"within 0\.5 seconds"):
        fetch(f"{site.url}/drip", timeout_s=0.5)
    assert time.monotonic() - began < 2


def test_deadline_holds_for_all_redirects_together(site: WebSite) -> None:
    def slow(asked: Asked) -> Answer:
        time.sleep(0.15)
        return redirect(f"/{int(asked.path[1:]) + 1}")

    for number in range(30):
        site[f"/{number}"] = slow
    began = time.monotonic()
    with pytest.raises(FetchFailed, match=r"within 0\.5 seconds"):
        fetch(f"{site.url}/0", timeout_s=0.5, max_redirects=30)
    assert time.monotonic() - began < 2


def test_endless_body_is_cut_off_at_the_limit(site: WebSite) -> None:
    site["/endless"] = Answer(endless())
    with pytest.raises(FetchFailed, match=r"longer than 0\.2 MB"):
        fetch(f"{site.url}/endless", max_bytes=200_000)


def test_bomb_of_gzip_is_stopped_and_brotli_is_not_even_unpacked(site: WebSite) -> None:
    site["/gzip"] = gzipped(bytes(20_000_000))
    site["/br"] = Answer(endless(), headers={"Content-Encoding": "br"})
    with pytest.raises(FetchFailed, match="decompression bomb"):
        fetch(f"{site.url}/gzip")
    with pytest.raises(FetchRefused, match="not asked for"):
        fetch(f"{site.url}/br")


def test_huge_header_is_cut_off(site: WebSite) -> None:
    site["/huge"] = Answer(headers={"X-Huge": "x" * 60_000})
    with pytest.raises(FetchFailed, match="header of the answer is too long"):
        fetch(f"{site.url}/huge", max_header_bytes=10_000, obey_robots=False)


def test_robots_txt_that_forbids_is_obeyed_and_the_page_not_asked_for(site: WebSite) -> None:
    site["/robots.txt"] = robots("User-agent: *\nDisallow: /private")
    site.page("/private/x", b"x")
    site.page("/open", b"open")
    fetcher = Fetcher(LOCAL)
    with pytest.raises(FetchRefused, match=r"robots\.txt forbids"):
        fetcher.fetch(f"{site.url}/private/x")
    assert fetcher.fetch(f"{site.url}/open").data == b"open"
    assert site.paths == ["/robots.txt", "/open"]
    assert fetch(f"{site.url}/private/x", obey_robots=False).data == b"x"


def test_robots_txt_is_obeyed_for_the_target_of_a_redirect_too(site: WebSite) -> None:
    site["/robots.txt"] = robots("\ufeffUser-agent: lectern\nDisallow: /private")
    site["/open"] = redirect("/private/x")
    with pytest.raises(FetchRefused, match=r"robots\.txt forbids"):
        fetch(f"{site.url}/open")
    assert "/private/x" not in site.paths


def test_api_goes_without_robots_txt_on_its_own_host_alone(site: WebSite) -> None:
    site["/robots.txt"] = robots("User-agent: *\nDisallow: /")
    site.page("/api", b"<feed/>", "application/atom+xml")
    site["/away"] = redirect(f"http://localhost:{site.port}/api")
    fetcher = Fetcher(LOCAL)
    assert fetcher.fetch(f"{site.url}/api", robots=False).content_type == "application/atom+xml"
    with pytest.raises(FetchRefused, match=r"robots\.txt forbids"):
        fetcher.fetch(f"{site.url}/away", robots=False)


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (robots("nothing here", 404), True),
        (robots("go away", 403), True),
        (robots("busy", 429), True),
        (robots("broken", 500), False),
        (robots("down", 503), False),
        (redirect("/robots.txt"), True),
        (redirect("/real-robots.txt"), False),
        (robots("User-agent: *\nAllow: /\n" + "#" * 600_000 + "\nUser-agent: *\nDisallow: /"), True),
        (robots("User-agent: *\nDisallow: /\n" + "#" * 600_000), False),
        (gzipped(b"User-agent: *\nDisallow: /", "text/plain"), False),
        (redirect("http://10.0.0.1/robots.txt"), False),
        (Answer(raw=b"no http"), False),
    ],
)
def test_robots_txt_in_every_state_means_what_rfc_9309_says(site: WebSite, answer: Answer, allowed: bool) -> None:
    site["/robots.txt"] = answer
    site["/real-robots.txt"] = robots("User-agent: *\nDisallow: /")
    site.page("/", b"x")
    if allowed:
        assert fetch(f"{site.url}/").data == b"x"
    else:
        with pytest.raises((FetchRefused, FetchFailed), match=r"robots\.txt"):
            fetch(f"{site.url}/")
        assert "/" not in site.paths


def test_server_that_is_not_there_is_an_error_that_names_the_address() -> None:
    port = closed_port()
    with pytest.raises(FetchFailed, match=f"127.0.0.1:{port}") as caught:
        fetch(f"http://127.0.0.1:{port}/page")
    assert "try again" in caught.value.hint


def test_no_message_holds_a_query_or_a_log_in(site: WebSite) -> None:
    secret = "hunter2"
    site["/robots.txt"] = robots("User-agent: *\nDisallow: /no")
    site["/to"] = redirect(f"http://10.0.0.1/?key={secret}")
    site["/login"] = redirect(f"http://me:{secret}@example.org/")
    site["/circle"] = redirect(f"/circle?key={secret}")
    site["/bad"] = Answer(raw=f"{secret}\r\n".encode())
    for path in ("/missing", "/no", "/to", "/login", "/circle", "/bad"):
        with pytest.raises((FetchRefused, FetchFailed)) as caught:
            fetch(f"{site.url}{path}?key={secret}")
        assert secret not in str(caught.value), path
        assert str(caught.value).isprintable()


def test_many_threads_may_fetch_at_once(site: WebSite) -> None:
    for number in range(8):
        site.page(f"/{number}", b"%d" % number)
    fetcher, start = Fetcher(LOCAL), threading.Barrier(8)

    def one(number: int) -> bytes:
        start.wait(5)
        return b"".join(fetcher.fetch(f"{site.url}/{number}").data for _ in range(5))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(8))) == [b"%d" % number * 5 for number in range(8)]


def test_cookies_are_not_kept(site: WebSite) -> None:
    site.page("/", b"x", **{"Set-Cookie": "id=1; Path=/"})
    fetcher = Fetcher(LOCAL)
    for _ in range(2):
        fetcher.fetch(f"{site.url}/")
    assert all("cookie" not in asked.headers for asked in site.asked)


@pytest.mark.parametrize(
    "changes",
    [{"max_bytes": 0}, {"timeout_s": -1}, {"max_ratio": float("nan")}, {"contact": "x\r\nHost: y"}, {"user_agent": ""}],
)
def test_setting_that_cannot_be_used_is_an_error(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        replace(LOCAL, **changes)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(head=st.binary(max_size=80), body=st.binary(max_size=200))
def test_any_answer_is_a_page_or_an_error_of_ours(site: WebSite, head: bytes, body: bytes) -> None:
    site["/"] = Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + head + b"\r\n\r\n" + body)
    with contextlib.suppress(FetchFailed, FetchRefused):
        assert fetch(f"{site.url}/", obey_robots=False).status == 200
