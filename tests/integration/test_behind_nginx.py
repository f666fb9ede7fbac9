"""Two processes on one home behind a real nginx, under a path, set up as the sample for operators says."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chat_server import fresh_copy, served
from tests.conftest import REPOSITORY
from tests.needs import nginx_path
from tests.pages import Page
from tests.people import PASSWORD, Person, make_accounts

NGINX = nginx_path()
pytestmark = [pytest.mark.integration, pytest.mark.needs("nginx")]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def configured(folder: Path, port: int, servers: list[str]) -> Path:
    """Write the sample for another port, without TLS, with the addresses of our processes."""
    site = (REPOSITORY / "docs" / "deploy" / "nginx.conf").read_text()
    site = re.sub(r"server \{\s+listen 80;.*?\n\}\n", "", site, flags=re.DOTALL)  # what leads to HTTPS
    site = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", site)
    site = re.sub(r"\s+ssl_certificate.*", "", site)
    site = re.sub(r"server_name .*;", "server_name 127.0.0.1;", site)
    site = site.replace("Host $host;", "Host $http_host;")  # the sample's port is the usual one
    site = re.sub(r"(\s+server 127\.0\.0\.1:\d+;)+", "".join(f"\n    server {s};" for s in servers), site, count=1)
    folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n" for name in folders)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}{site}\n}}\n"
    )
    return file


@pytest.fixture(scope="module")
def address(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("nginx")
    home, port = folder / "home", free_port()
    fresh_copy(web_home, home)
    make_accounts(home)
    shown = f"http://127.0.0.1:{port}/lectern"
    how = {"LECTERN_ACCOUNTS": "1", "LECTERN_PUBLIC_URL": shown}
    with served(home, **how) as one, served(home, **how) as two:
        servers = [a.removeprefix("http://").rstrip("/") for a in (one, two)]
        nginx = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(configured(folder, port, servers))])
        try:
            for _ in range(100):
                if nginx.poll() is not None:
                    raise AssertionError((folder / "error.log").read_text())
                try:
                    if httpx.get(f"{shown}/healthz").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield f"{shown}/"
        finally:
            nginx.terminate()
            nginx.wait(10)


def signed_in(address: str, name: str) -> Person:
    origin = address.removesuffix("/lectern/")
    client = httpx.Client(base_url=address, headers={"origin": origin}, timeout=60.0)
    done = client.post("login", data={"name": name, "password": PASSWORD, "next": "/tags"})
    assert (done.status_code, done.headers["location"]) == (303, "/lectern/tags"), done.text
    assert "Path=/lectern" in done.headers["set-cookie"]
    return Person(name, client)


def test_a_session_holds_in_every_process(address: str) -> None:
    for _ in range(4):  # each session is sent to one of the two by its own hash
        with closing(signed_in(address, "student").client) as client:
            assert client.get("account").status_code == 200
            assert client.get("review").status_code == 403


def test_who_comes_without_a_session_is_led_within_the_path(address: str) -> None:
    led = httpx.get(address + "tags")
    assert (led.status_code, led.headers["location"]) == (303, "/lectern/login?next=/tags")


def test_a_visitor_cannot_lend_themselves_another_address_or_reach_the_figures(address: str) -> None:
    told = []
    for n in range(20):  # fewer than a name may fail from everywhere
        answer = httpx.post(
            address + "login", data={"name": "nobody", "password": "wrong password"}, timeout=60.0,
            headers={"x-forwarded-for": f"10.0.0.{n}", "origin": address.removesuffix("/lectern/")},
        )  # fmt: skip
        told.append(answer.status_code)
        if answer.status_code == 429:
            break  # each of these waits passes in time, on a slow machine before the next try comes
    assert told[-1] == 429
    assert httpx.get(address + "metrics").status_code == 403


def test_programs_reach_the_api_under_the_path(address: str) -> None:
    assert httpx.get(address + "v1/models").status_code == 401


@pytest.mark.needs("chromium")
def test_a_student_asks_and_an_answer_comes_through_it_all(chromium: Any, address: str) -> None:
    page = Page(chromium, address, ready="input[name=name]")
    refused: list[str] = []
    page.page.on("response", lambda r: refused.append(r.url) if r.status >= 400 else None)
    page.page.fill("input[name=name]", "student")
    page.page.fill("input[name=password]", PASSWORD)
    page.page.click("button")
    page.page.wait_for_selector("#question textarea")
    assert "[1]" in page.ask("What is ReAct and when would I use it?")
    page.page.locator("#chat .lectern-marker, #chat a[href*='turns/']").first.click()
    page.page.wait_for_selector("#sources mark")
    page.page.wait_for_selector(".lectern-head a[href$=account]")
    links = page.page.eval_on_selector_all(".lectern-head a", "all => all.map(a => a.href)")
    pages = [f"{address}{at}" for at in ("", "tags", "library", "help", "account")]
    assert sorted(set(links)) == sorted(pages)
    for link in pages[1:]:
        page.page.goto(link)
        assert page.page.locator("h1").first.inner_text() in ("Lectern", "Your account")
    page.errors.clear()  # the browser also asks nginx itself, beyond our path, for an icon
    assert refused == []
    page.close()
