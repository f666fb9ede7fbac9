"""Connections go to the addresses that were checked, and to no others."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpcore
import pytest

from index_store.errors import FetchFailed, FetchRefused
from ingest.addresses import parse
from ingest.connections import Connector, Deadline, Limits, Resolver, look_up
from tests.web_site import Answer, Rerouted, WebSite, closed_port, dripping
from tests.web_site import Resolver as Names

PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:2800:21f::1"


def connector(site: WebSite, resolve: Resolver, *, dead: tuple[str, ...] = (), **changes: float) -> Connector:
    limits = Limits(changes.get("connect", 2.0), changes.get("read", 2.0), 4096, bool(changes.get("loopback", False)))
    network = Rerouted(site, dead=dead)
    made = Connector(limits, resolve=resolve, network=network)
    made.network = network  # type: ignore[attr-defined]
    return made


def get(made: Connector, url: str, seconds: float = 5.0) -> bytes:
    address = parse(url, allow_loopback=True)
    with made.get(address, [("Host", address.authority)], Deadline(seconds)) as reply:
        return b"".join(reply.body)


def dialled(made: Connector) -> list[tuple[str, int]]:
    network = made.network  # type: ignore[attr-defined]
    assert isinstance(network, Rerouted)
    return network.dialled


@pytest.fixture
def site() -> object:
    with WebSite() as running:
        running.page("/", b"hello")
        yield running


def test_connection_goes_to_the_address_that_was_checked_with_the_name_in_its_host_header(site: WebSite) -> None:
    names = Names([PUBLIC])
    made = connector(site, names)
    assert get(made, "http://course.example/") == b"hello"
    assert dialled(made) == [(PUBLIC, 80)]
    assert names.asked == ["course.example"]
    assert site.asked[0].headers["host"] == "course.example"


def test_rebinding_gains_nothing_for_a_name_is_resolved_once_for_a_connection(site: WebSite) -> None:
    names = Names([PUBLIC], ["10.0.0.1"])
    made = connector(site, names)
    get(made, "http://rebind.example/")
    assert len(names.asked) == 1
    with pytest.raises(FetchRefused, match=r"10\.0\.0\.1, which is private"):
        get(made, "http://rebind.example/")
    assert dialled(made) == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        ["10.0.0.1", PUBLIC],
        ["::ffff:169.254.169.254"],
        ["fd00:ec2::254"],
        ["fe80::1%eth0"],
        ["64:ff9b::7f00:1"],
        ["0.0.0.0"],
        ["no address"],
    ],
)
def test_one_answer_that_is_not_public_condemns_the_name(site: WebSite, answers: list[str]) -> None:
    made = connector(site, Names(answers))
    with pytest.raises(FetchRefused, match="the name leads to"):
        get(made, "http://mixed.example/")
    assert dialled(made) == []


def test_ip_address_in_the_address_is_not_resolved_and_checked_again(site: WebSite) -> None:
    names = Names([PUBLIC])
    made = connector(site, names)
    get(made, f"http://{PUBLIC}/")
    with pytest.raises(FetchRefused, match="loopback"):
        get(made, "http://127.0.0.1:8000/")  # as parsed where loopback is allowed, but here it is not
    assert names.asked == []
    assert dialled(made) == [(PUBLIC, 80)]


def test_next_checked_address_is_tried_where_the_first_does_not_answer(site: WebSite) -> None:
    made = connector(site, Names([PUBLIC_6, PUBLIC]), dead=(PUBLIC_6,))
    assert get(made, "http://course.example:8080/") == b"hello"
    assert dialled(made) == [(PUBLIC_6, 8080), (PUBLIC, 8080)]


def test_no_address_that_answers_is_an_error_with_the_next_step(site: WebSite) -> None:
    made = connector(site, Names([PUBLIC]), dead=(PUBLIC,))
    with pytest.raises(FetchFailed, match="connection failed") as caught:
        get(made, "http://course.example/")
    assert "try again" in caught.value.hint.lower()
    with pytest.raises(FetchFailed, match="no address"):
        get(connector(site, Names([])), "http://course.example/")


def test_tls_checks_the_certificate_for_the_name_not_for_the_ip_address(site: WebSite) -> None:
    made = connector(site, Names([PUBLIC]))
    assert get(made, "https://course.example/") == b"hello"
    assert dialled(made) == [(PUBLIC, 443)]
    assert made.network.names == ["course.example"]  # type: ignore[attr-defined]


def test_server_without_tls_behind_https_is_an_error_in_words() -> None:
    with WebSite() as site:
        made = Connector(Limits(2, 2, 4096, True))
        with pytest.raises(FetchFailed, match="connection failed"):
            get(made, f"https://127.0.0.1:{site.port}/")


def test_refused_connection_is_an_error_in_words() -> None:
    with pytest.raises(FetchFailed, match="connection failed"):
        get(Connector(Limits(2, 2, 4096, True)), f"http://localhost:{closed_port()}/")


def test_unknown_name_is_an_error_that_names_it(site: WebSite) -> None:
    with pytest.raises(FetchFailed, match=r"the name course\.exmaple could not be resolved"):
        get(connector(site, Names(OSError("unknown"))), "http://course.exmaple/")


def test_resolver_that_hangs_ends_with_the_connect_timeout(site: WebSite) -> None:
    release = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        release.wait(5)
        return [PUBLIC]

    began = time.monotonic()
    with pytest.raises(FetchFailed, match="does not answer"):
        get(connector(site, hang, connect=0.1), "http://slow.example/")
    release.set()
    assert time.monotonic() - began < 2


def test_header_that_drips_ends_at_the_deadline(site: WebSite) -> None:
    site["/drip"] = Answer(raw=dripping(b"HTTP/1.1 200 OK\r\nX: ", pause_s=0.02))
    began = time.monotonic()
    with pytest.raises(FetchFailed, match=r"within 0\.3 seconds"):
        get(connector(site, Names([PUBLIC])), "http://slow.example/drip", seconds=0.3)
    assert time.monotonic() - began < 2


def test_silence_ends_with_the_read_timeout(site: WebSite) -> None:
    site["/silent"] = Answer(raw=dripping(b"H", pause_s=1.0))
    with pytest.raises(FetchFailed, match="does not answer"):
        get(connector(site, Names([PUBLIC]), read=0.1), "http://slow.example/silent")


def test_silence_ends_at_the_deadline_where_that_comes_first(site: WebSite) -> None:
    site["/silent"] = Answer(raw=dripping(b"H", pause_s=1.0))
    began = time.monotonic()
    with pytest.raises(FetchFailed, match=r"within 0\.2 seconds"):
        get(connector(site, Names([PUBLIC]), read=20.0), "http://slow.example/silent", seconds=0.2)
    assert time.monotonic() - began < 0.9


def test_certificate_that_cannot_be_trusted_is_told_from_a_broken_connection(site: WebSite) -> None:
    class Distrusted(Rerouted):
        def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
            raise httpcore.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch")

    made = Connector(Limits(2, 2, 4096, False), resolve=Names([PUBLIC]), network=Distrusted(site))
    with pytest.raises(FetchFailed, match="Hostname mismatch") as caught:
        get(made, "https://course.example/")
    assert "prove who it is" in caught.value.hint


@pytest.mark.parametrize(
    "header",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 5000,
    ],
)
def test_header_without_an_end_is_cut_off(site: WebSite, header: bytes) -> None:
    site["/huge"] = Answer(raw=header)
    with pytest.raises(FetchFailed, match="header of the answer is too long"):
        get(connector(site, Names([PUBLIC])), "http://huge.example/huge")


def test_header_limit_does_not_cut_the_body(site: WebSite) -> None:
    site.page("/long", b"x" * 100_000)
    assert len(get(connector(site, Names([PUBLIC])), "http://long.example/long")) == 100_000


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ncut",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
def test_answer_that_is_no_http_is_an_error_in_words(site: WebSite, raw: bytes) -> None:
    site["/broken"] = Answer(raw=raw)
    with pytest.raises(FetchFailed, match="broken or cut off"):
        get(connector(site, Names([PUBLIC])), "http://broken.example/broken")


def test_environment_names_no_proxy_for_it(site: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert get(Connector(Limits(2, 2, 4096, True)), f"http://localhost:{site.port}/") == b"hello"


def test_system_resolver_gives_each_address_once() -> None:
    found = look_up("localhost", 80)
    assert "127.0.0.1" in found
    assert len(found) == len(set(found))
