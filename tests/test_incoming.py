"""An upload is its user's alone until it is used: others neither fetch it nor use it, and it goes after a while."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.people import course_server
from tests.people import sign_in as signed_in
from ui.incoming import Incoming


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "home")


def uploaded(incoming: Incoming, user: str, name: str = "a.txt", text: str = "salt") -> Path:
    file = incoming.folder / "by-content" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return Path(incoming.take([str(file)], user)[0])


def test_only_the_owner_of_the_server_may_enter_the_folder(incoming: Incoming) -> None:
    assert stat.S_IMODE(incoming.folder.stat().st_mode) == 0o700
    file = uploaded(incoming, "ann")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_an_upload_is_its_users_and_nobody_elses(incoming: Incoming) -> None:
    file = uploaded(incoming, "ann")
    assert incoming.holds(str(file), "ann") and not incoming.holds(str(file), "ben")
    assert not incoming.holds(str(file), None)
    assert not (incoming.folder / "by-content" / "a.txt").exists()


def test_two_who_send_the_same_file_have_one_each(incoming: Incoming) -> None:
    first, second = uploaded(incoming, "ann"), uploaded(incoming, "ben")
    assert first != second and first.read_text() == second.read_text() == "salt"


def test_the_same_file_twice_in_one_upload_is_one(incoming: Incoming) -> None:
    file = incoming.folder / "a.txt"
    file.write_text("salt")
    first, second = incoming.take([str(file), str(file)], "ann")
    assert first == second and Path(first).read_text() == "salt"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "https://example.org/a", "\0", "../visitors.key"])
def test_no_other_path_is_a_users(incoming: Incoming, path: str) -> None:
    assert not incoming.holds(path, "ann")
    assert not incoming.holds(f"{incoming.of('ann')}/../{incoming.of('ben').name}/x", "ann")
    assert not incoming.holds_all({"data": [[{"path": path}]]}, "ann")


def test_a_path_that_is_no_text_is_nobodys(incoming: Incoming) -> None:
    assert not incoming.holds_all({"data": [{"path": ["x"]}]}, "ann")
    assert incoming.holds_all({"data": [{"path": None}, "path", 3]}, "ann")


def test_what_nobody_used_goes_after_a_while_and_no_sooner(incoming: Incoming, monkeypatch: pytest.MonkeyPatch) -> None:
    file = uploaded(incoming, "ann")
    incoming.sweep()
    assert file.exists()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7 * 3600)
    for _ in range(3):  # a folder goes once it is empty
        incoming.sweep()
    assert list(incoming.folder.iterdir()) == []


@pytest.fixture(scope="module")
def address(web_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with course_server(web_home, tmp_path_factory.mktemp("uploads")) as found:
        yield found


def send(client: httpx.Client, text: bytes = b"id,abstract\n") -> str:
    reply = client.post("/gradio_api/upload", files={"files": ("rows.csv", text)})
    assert reply.status_code == 200, reply.text
    return str(reply.json()[0])


def test_another_user_cannot_fetch_an_upload_by_its_path(address: str) -> None:
    student, other = signed_in(address, "student").client, signed_in(address, "other").client
    mine, theirs = send(student), send(other)
    assert mine != theirs and Path(mine).is_file()
    assert student.get(f"/gradio_api/file={mine}").text == "id,abstract\n"
    for path in (
        mine,
        mine.lstrip("/"),
        f"{theirs}/../../../{Path(mine).relative_to(Path(mine).parents[2])}",
    ):
        assert other.get(f"/gradio_api/file={path}").status_code == 404
    assert httpx.get(f"{address.rstrip('/')}/gradio_api/file={mine}").status_code in (401, 404)
    student.close()
    other.close()
