"""A disk without room is told in words, with the next step, by whatever was writing."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tests.api_server import Served
from ui.cli import cli
from ui.ingesting import keep_uploads

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("turns", [1, 200])
def test_an_export_that_finds_no_room_is_told(turns: int, clean_environment: Path) -> None:
    from assistant.tracing.store import TraceStore
    from tests.turns import end, start

    store = TraceStore(clean_environment)
    for _ in range(turns):
        begun = start()
        store.begin(begun)
        store.finish(begun, end(), [])
    store.close()
    done = CliRunner().invoke(cli, ["traces", "export", "-o", str(FULL)])
    assert done.exit_code == 3, done.output
    assert "cannot be written: No space left on device" in done.output and "has room" in done.output


def test_any_other_fault_of_the_system_is_not_called_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("ui.doctor.examine", broken)
    assert isinstance(CliRunner().invoke(cli, ["doctor"]).exception, OSError)


def test_an_upload_that_finds_no_room_is_told_and_leaves_nothing(
    guarded: Served, api_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = api_home / "uploads"  # of a home that other tests have used too
    before = set(uploads.iterdir()) if uploads.is_dir() else set()
    monkeypatch.setattr("ui.ingesting.shutil.move", no_space)
    files = [("files", ("a.md", io.BytesIO(b"# A"))), ("files", ("b.md", io.BytesIO(b"# B")))]
    address, key = f"{guarded.address}/api/library/uploads", {"authorization": "Bearer root"}
    told = httpx.post(address, files=files, headers=key, timeout=60)
    assert told.status_code == 507, told.text
    assert told.json()["error"]["type"] == "DiskFull" and told.json()["error"]["hint"]
    assert set(uploads.iterdir()) == before


def test_an_upload_set_that_is_kept_in_part_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    with pytest.raises(OSError):
        keep_uploads(tmp_path / "home", [(tmp_path / "a", "a.md"), (tmp_path / "gone", "b.md")])
    assert list((tmp_path / "home" / "uploads").iterdir()) == []
