"""robots.txt decides, and is asked once in a while."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_store.errors import FetchRefused
from ingest.addresses import Address, parse
from ingest.robots import Robots, RobotsAnswer


class Site:
    def __init__(self, text: str | None, status: int = 200) -> None:
        self.asked: list[str] = []
        self._answer = RobotsAnswer(status, text)

    def __call__(self, address: Address) -> RobotsAnswer:
        self.asked.append(str(address))
        return self._answer


def allowed(text: str | None, path: str, status: int = 200) -> bool:
    try:
        Robots(max_age_s=60).require(parse(f"https://example.org{path}"), Site(text, status))
    except FetchRefused:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "path", "verdict"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /private", "/a", True),
        ("User-agent: *\nDisallow: /private", "/private/x", False),
        ("User-agent: *\nDisallow: /private", "/a/../private/x", False),
        ("User-agent: *\nDisallow: /private", "/a/%2e%2E/private/x", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf?y", True),
        ("User-agent: lectern\nDisallow: /", "/a", False),
        ("User-agent: LECTERN\nDisallow: /", "/a", False),
        ("User-agent: Lectern/1.0 # us\nDisallow: /", "/a", False),
        ("user agent lectern\nDisallow: /", "/a", False),
        ("User-agent: other\nUser-agent: Lectern\nDisallow: /", "/a", False),
        ("User-agent: lec\nDisallow: /", "/a", True),
        ("User-agent: lecternbot\nDisallow: /", "/a", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: bot1\nDisallow: /\n\nUser-agent: bot2\nDisallow: /", "/a", True),
        ("User-agent: other\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Lectern\nAllow: /", "/a", True),
        ("<!doctype html><title>Not a robots.txt</title>", "/a", True),
        ("User-agent: *\nDisallow: /suche?q=", "/suche?q=1", False),
    ],
)
def test_rules_are_read_as_rfc_9309_says(text: str, path: str, verdict: bool) -> None:
    assert allowed(text, path) is verdict


@pytest.mark.parametrize(("status", "verdict"), [(404, True), (403, True), (429, True), (500, False), (503, False)])
def test_missing_file_allows_all_and_a_failing_server_forbids_all(status: int, verdict: bool) -> None:
    assert allowed(None, "/a", status) is verdict


def test_site_is_asked_once_for_each_scheme_host_and_port() -> None:
    robots, site = Robots(max_age_s=60), Site("")
    for url in ("https://a.example/1", "https://a.example/2", "http://a.example/", "https://a.example:8443/"):
        robots.require(parse(url), site)
    assert site.asked == [
        "https://a.example/robots.txt",
        "http://a.example/robots.txt",
        "https://a.example:8443/robots.txt",
    ]


def test_answer_is_asked_for_again_when_it_is_old_or_was_a_failure() -> None:
    for robots, site in ((Robots(max_age_s=0), Site("")), (Robots(max_age_s=60), Site(None, 503))):
        for _ in range(2):
            try:
                robots.require(parse("https://a.example/"), site)
            except FetchRefused:
                continue
        assert len(site.asked) == 2


def test_number_of_sites_that_are_kept_is_bounded() -> None:
    robots, site = Robots(max_age_s=60), Site("")
    for number in range(300):
        robots.require(parse(f"https://a{number}.example/"), site)
    assert len(robots._entries) == 256


def test_many_threads_may_ask_at_once() -> None:
    robots, site, start = Robots(max_age_s=60), Site("User-agent: *\nDisallow: /no"), threading.Barrier(8)

    def ask(number: int) -> bool:
        start.wait(5)
        robots.require(parse(f"https://a{number % 3}.example/yes"), site)
        with pytest.raises(FetchRefused):
            robots.require(parse(f"https://a{number % 3}.example/no"), site)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


def test_hostile_file_takes_no_long_time() -> None:
    agents = "".join(f"User-agent: a{number}\n" for number in range(15_000))
    rules = "Disallow: /*a*a*a*a*b$\n" * 12_000
    began = time.monotonic()
    assert allowed(agents + "User-agent: *\n" + rules, "/" + "a" * 3000)
    assert time.monotonic() - began < 5  # 0.1 s, where a rule for each name took minutes


@given(st.text())
def test_any_text_is_a_robots_txt(text: str) -> None:
    allowed(text, "/a")
    allowed(f"User-agent: *\nDisallow: {text}", "/a?b=%20")
