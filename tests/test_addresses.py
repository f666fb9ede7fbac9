"""Addresses are read in one way or not at all, and printed without secrets."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index_store.errors import FetchRefused
from ingest.addresses import join, parse, printable
from ingest.ip_policy import why_refused


def refusal(text: str) -> str:
    with pytest.raises(FetchRefused) as caught:
        parse(text)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("  HTTP://example.org:80/a b?q=ü#part\n", "http://example.org/a%20b?q=%C3%BC"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("http://example.org:/x", "http://example.org/x"),
        ("https://example.org/a/../b/./c/%2E%2e/d", "https://example.org/b/d"),
        ("https://example.org/../../a/..", "https://example.org/"),
        ("https://example.org/100%/%zz/%41", "https://example.org/100%25/%25zz/%41"),
        ("https://example.org?q=1", "https://example.org/?q=1"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://ｅｘａｍｐｌｅ。org/", "https://example.org/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:0::1111]:8080/", "https://[2606:4700::1111]:8080/"),
        ("https://social.example/@someone/1", "https://social.example/@someone/1"),
        ("https://example.org/a?b\\c", "https://example.org/a?b%5Cc"),
    ],
)
def test_address_is_read_in_its_canonical_form(written: str, read: str) -> None:
    assert str(parse(written)) == read
    assert str(parse(read)) == read


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no http:// or https:// address"),
        ("example.org/page", "no http:// or https:// address"),
        ("ftp://example.org/", "no http:// or https:// address"),
        ("file:///etc/passwd", "no http:// or https:// address"),
        ("gopher://example.org/", "no http:// or https:// address"),
        ("javascript:alert(1)", "no http:// or https:// address"),
        ("http:example.org", "no http:// or https:// address"),
        ("http:/example.org", "no http:// or https:// address"),
        ("http:\\\\example.org", "no http:// or https:// address"),
        ("http://", "not the name of a site"),
        ("http:///path", "not the name of a site"),
        ("http://ex ample.org/", "not the name of a site"),
        ("http://-a.example/", "not the name of a site"),
        ("http://a..example/", "not the name of a site"),
        ("http://example.org../", "not the name of a site"),
        ("http://127.0.0.1%2f.example/", "not the name of a site"),
        ("http://%31%32%37.0.0.1/", "several ways"),
        ("http://%6cocalhost.example/", "not the name of a site"),
        (f"http://{'a' * 64}.example/", "not the name of a site"),
        (f"http://{'a.' * 130}example/", "not the name of a site"),
        ("http://user:pw@example.org/", "user name or password"),
        ("http://example.org@127.0.0.1/", "user name or password"),
        ("http://@example.org/", "user name or password"),
        ("http://example.org\\@evil.example/", "user name or password"),
        ("http://example.org\\.evil.example/", "host or port cannot be read"),
        ("http://example.org:port/", "host or port cannot be read"),
        ("http://example.org:80:80/", "host or port cannot be read"),
        ("http://[::1", "host or port cannot be read"),
        ("http://[::1]x/", "host or port cannot be read"),
        ("http://example.org:٨٠/", "host or port cannot be read"),
        ("http://[fe80::1%25eth0]/", "IPv6 address cannot be read"),
        ("http://[1.2.3.4]/", "IPv6 address cannot be read"),
        ("http://[v1.x]/", "IPv6 address cannot be read"),
        ("http://exa\nmple.org/", "control characters"),
        ("http://example.org/\x00", "control characters"),
        ("http://example.org/\r\nHost: x", "control characters"),
        ("http://example.org/" + "a" * 5000, "longer than 4096"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:25/", "port 25"),
        ("http://example.org:0/", "port 0"),
        ("http://example.org:6000/", "port 6000"),
        ("http://example.org:65536/", "port 65536"),
        ("http://localhost/", "local network"),
        ("http://LOCALHOST.:8080/", "local network"),
        ("http://app.localhost/", "local network"),
        ("http://intranet/", "local network"),
        ("http://metadata.google.internal/", "local network"),
        ("http://printer.local/", "local network"),
        ("http://router.home.arpa/", "local network"),
        ("http://127.0.0.1/", "loopback"),
        ("http://127.0.0.1./", "loopback"),
        ("http://[::1]/", "loopback"),
        ("http://[::ffff:127.0.0.1]/", "IPv4 in the clothes of IPv6"),
        ("http://[::ffff:7f00:1]/", "IPv4 in the clothes of IPv6"),
        ("http://169.254.169.254/latest/meta-data/", "metadata"),
        ("http://0.0.0.0/", "unspecified"),
        ("http://[::]/", "unspecified"),
        ("http://2130706433/", "several ways"),
        ("http://0x7f000001/", "several ways"),
        ("http://0x7f.1/", "several ways"),
        ("http://0177.0.0.1/", "several ways"),
        ("http://127.1/", "several ways"),
        ("http://127.0.0.01/", "several ways"),
        ("http://1.2.3.4.5/", "several ways"),
        ("http://example.123/", "several ways"),
        ("http://0x/", "several ways"),
        ("http://127。0。0。1/", "loopback"),
        ("http://①②⑦.⓪.⓪.①/", "loopback"),
        ("http://１２７.０.０.１/", "loopback"),
        ("http://０ｘ7f.1/", "several ways"),
        ("http://loc\u00adalhost/", "local network"),
    ],
)
def test_address_with_a_fault_is_refused_in_words(text: str, reason: str) -> None:
    assert reason in refusal(text)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_loopback_is_read_where_it_is_allowed(host: str) -> None:
    assert parse(f"http://{host}:8000/", allow_loopback=True).authority == f"{host}:8000"


Spelling = Callable[[list[int]], str]


def _tail(octets: list[int], kept: int) -> int:
    return int.from_bytes(bytes(octets[kept:]), "big")


SPELLINGS: list[Spelling] = [
    lambda o: ".".join(map(str, o)),
    lambda o: ".".join(map(str, o)) + ".",
    lambda o: ".".join(f"{n:#x}" for n in o),
    lambda o: ".".join(f"0{n:o}" for n in o),
    lambda o: ".".join(f"{n:03d}" for n in o),
    lambda o: f"0X{_tail(o, 0):08X}",
    lambda o: f"{_tail(o, 0)}",
    lambda o: f"0{_tail(o, 0):o}",
    lambda o: f"{o[0]}.{_tail(o, 1)}",
    lambda o: f"{o[0]}.{o[1]:#x}.{_tail(o, 2)}",
    lambda o: f"{o[0]:#x}.{o[1]}.0{o[2]:o}.{o[3]}",
    lambda o: "。".join(map(str, o)),
    lambda o: ".".join("".join(chr(0xFF10 + int(d)) for d in str(n)) for n in o),
    lambda o: f"[::ffff:{'.'.join(map(str, o))}]",
    lambda o: f"[::{_tail(o, 0) >> 16:x}:{_tail(o, 2):x}]",
    lambda o: f"[64:ff9b::{'.'.join(map(str, o))}]",
    lambda o: f"[2002:{_tail(o, 0) >> 16:x}:{_tail(o, 2):x}::1]",
    lambda o: f"[2001:0:1:1:0:0:{~(_tail(o, 0) >> 16) & 0xFFFF:x}:{~_tail(o, 2) & 0xFFFF:x}]",
    lambda o: f"[0:0:0:0:0:FFFF:{_tail(o, 0) >> 16:04X}:{_tail(o, 2):04X}]",
]
_PRIVATE = st.sampled_from(
    [(10, 8), (127, 8), (0xAC1, 12), (0xC0A8, 16), (0xA9FE, 16), (0x191, 10), (0xE, 4), (0xF, 4)]
)


@st.composite
def private_ipv4(draw: st.DrawFn) -> IPv4Address:
    prefix, bits = draw(_PRIVATE)
    return IPv4Address(prefix << (32 - bits) | draw(st.integers(0, 2 ** (32 - bits) - 1)))


@given(private_ipv4(), st.sampled_from(SPELLINGS), st.sampled_from(["http", "https"]), st.sampled_from(["", ":8080"]))
@example(IPv4Address("127.0.0.1"), SPELLINGS[12], "http", "")
def test_non_public_ipv4_is_refused_in_every_spelling(ip: IPv4Address, spell: Spelling, scheme: str, port: str) -> None:
    refusal(f"{scheme}://{spell(list(ip.packed))}{port}/x")


@given(st.ip_addresses(v=6))
def test_ipv6_is_read_as_it_is_and_judged_in_every_spelling(ip: IPv6Address) -> None:
    for written in (ip.compressed, ip.exploded, ip.exploded.upper()):
        if why_refused(ip) is None:
            assert parse(f"http://[{written}]/").ip == ip
        else:
            refusal(f"http://[{written}]/")


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@example("[::1]")
@example("0x7f.0.0.1")
def test_whatever_stands_for_the_host_what_is_read_is_a_public_name_or_address(host: str) -> None:
    try:
        address = parse(f"http://{host}/")
    except FetchRefused:
        return
    assert str(address).isascii()
    assert address.host == address.host.lower()
    assert "@" not in address.authority
    assert not set(address.host) & set("/?#%\\ ")
    assert urlsplit(str(address)).hostname == address.host  # another parser sees the same host
    if address.ip is not None:
        assert why_refused(address.ip) is None
    else:
        assert not address.host.rpartition(".")[2].isdigit()
    assert parse(str(address)) == address


@given(st.text(max_size=80))
@example("http://[::1")
@example("http://a\ud800.example/\ud800")
@example("http://xn--a.example/")
def test_any_text_is_an_address_or_refused_in_one_line(text: str) -> None:
    for candidate in (
        text,
        f"https://example.org/{text}",
        f"https://example.org{text}",
        f"https://example.org/?{text}",
    ):
        try:
            address = parse(candidate)
        except FetchRefused as exc:
            assert exc.message.isprintable()
            assert len(exc.message) < 400
        else:
            assert address.target.isascii()
            assert address.target.startswith("/")
            assert not set(address.target) & set(" \t\r\n\\#")
            assert "/../" not in address.path


@pytest.mark.parametrize(
    ("location", "end"),
    [
        ("/b", "https://example.org/b"),
        ("c?x=1", "https://example.org/a/c?x=1"),
        ("//other.example/d", "https://other.example/d"),
        ("http://other.example:8080", "http://other.example:8080/"),
        ("../../../e", "https://example.org/e"),
        ("", "https://example.org/a/b"),
        ("#top", "https://example.org/a/b"),
    ],
)
def test_location_of_a_redirect_is_read_from_where_it_was_found(location: str, end: str) -> None:
    assert str(join(parse("https://example.org/a/b"), location)) == end


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1/", "//169.254.169.254/", "file:///etc/passwd", "//user@other.example/", "http://[x", "/\x01"],
)
def test_location_that_leads_astray_is_refused(location: str) -> None:
    with pytest.raises(FetchRefused):
        join(parse("https://example.org/a/b"), location)


SECRET = "hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"http://user:{SECRET}@example.org/page",
        f"http://{SECRET}@example.org/page",
        f"http://user:{SECRET}/x@example.org/page",
        f"http://user:{SECRET}?x@example.org/page",
        f"http://user:{SECRET}#x@example.org/page",
        f"http://us@er:{SECRET}@example.org/page",
        f"ftp://user:{SECRET}@example.org/page",
        f"//user:{SECRET}@example.org/page",
        f"http://example.org:22/page?key={SECRET}",
        f"http://example.org:22/page#{SECRET}",
        f"http://127.0.0.1/page?token={SECRET}",
    ],
)
def test_message_holds_no_log_in_and_no_query(text: str) -> None:
    message = refusal(text)
    assert SECRET not in message
    assert "page" in message


def test_address_is_printed_without_its_query_and_in_one_line() -> None:
    assert parse(f"https://example.org/page?key={SECRET}").printable == "https://example.org/page?…"
    assert printable("http://a.example/\u202egnp.exe\nnext") == "http://a.example/\ufffdgnp.exe\ufffdnext"
    assert len(printable("http://a.example/" + "x" * 5000)) < 250


def test_address_that_grows_too_long_when_it_is_written_is_refused_at_once() -> None:
    assert "longer than" in refusal(f"https://example.org/{'é' * 1_000}")
    assert parse(str(parse(f"https://example.org/{'é' * 600}"))).target.endswith("%C3%A9")
