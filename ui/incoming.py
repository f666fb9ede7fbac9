"""Keeps what was uploaded apart by user until it is used: Gradio puts all uploads into one folder, by their content.

Whoever guesses a content could so find out whether it was uploaded, and fetch or use it. So each upload is moved into a
folder of its user's as soon as it is there; nothing else is served or taken, and what nobody used goes after a while.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD, SERVED = "/gradio_api/upload", "/gradio_api/file="
USER = "lectern.user"
"""Where the guard notes in a request's scope whose it is."""
KEPT_S, LOOK_EVERY_S = 6 * 3600.0, 1800.0
"""Seconds: so long an upload waits to be used, and results to be fetched."""


class Incoming:
    """The folder of uploads under a home, which only its owner may enter."""

    def __init__(self, home: Path) -> None:
        self.folder = home.resolve() / "incoming"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def of(self, user: str | None) -> Path:
        """Give the folder of a user, which there may not be yet."""
        return self.folder / f"of-{hashlib.sha256((user or '').encode()).hexdigest()[:24]}"

    def place(self, user: str | None) -> Path:
        """Make an empty folder of a user's for files that belong together."""
        made = self.of(user) / uuid.uuid4().hex
        made.mkdir(mode=0o700, parents=True)
        return made

    def take(self, files: Sequence[str], user: str | None) -> list[str]:
        """Move uploads to their user, and give their new paths, one for each; the same file twice is one.

        Raises:
            OSError: when one is gone, as when another sent the very same file in the same moment.
        """
        moved: dict[str, str] = {}
        for file in files:
            if file not in moved:
                target = self.place(user) / Path(file).name
                shutil.move(file, target)
                target.chmod(0o600)
                moved[file] = str(target)
        return [moved[file] for file in files]

    def holds(self, path: str, user: str | None) -> bool:
        """Tell whether a path leads to what a user has uploaded, or to results of theirs."""
        try:
            return self.of(user) in Path(path).resolve().parents
        except (OSError, ValueError, RuntimeError):
            return False

    def holds_all(self, data: Any, user: str | None) -> bool:
        """Tell whether each file that the JSON of an event names is this user's.

        Gradio checks no such thing for an app that is mounted, and it fetches a path that is an address: so an event
        could name any file of this machine, or have one fetched from elsewhere.
        """
        waiting = [data]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                path = value.get("path")
                if path is not None and not (isinstance(path, str) and self.holds(path, user)):
                    return False
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value
        return True

    def sweep(self, older_than_s: float = KEPT_S) -> None:
        """Remove what was put there so long ago; a folder of Gradio's counts as the files in it."""
        before = time.time() - older_than_s
        for file in [f for f in self.folder.rglob("*") if f.is_file() and f.stat().st_ctime < before]:
            file.unlink(missing_ok=True)
        for folder in sorted((f for f in self.folder.rglob("*") if f.is_dir()), reverse=True):
            if folder.stat().st_ctime < before and not any(folder.iterdir()):
                folder.rmdir()

    async def keep_swept(self) -> None:
        """Sweep now and then, until it is cancelled."""
        while True:
            await run_in_threadpool(self.sweep)
            await asyncio.sleep(LOOK_EVERY_S)


class GiveToUser:
    """ASGI middleware: moves what a page has uploaded to its user before the page is told where it is."""

    def __init__(self, app: ASGIApp, incoming: Incoming) -> None:
        self._app = app
        self._incoming = incoming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer an upload with its new places."""
        if scope["type"] != "http" or not scope["path"].endswith(UPLOAD):
            await self._app(scope, receive, send)
            return
        told: list[Message] = []

        async def listen(message: Message) -> None:
            told.append(message)

        await self._app(scope, receive, listen)
        body = b"".join(m.get("body", b"") for m in told if m["type"] == "http.response.body")
        if told and told[0].get("status") == 200:
            reply = await run_in_threadpool(self._moved, json.loads(body), scope[USER])
            await reply(scope, receive, send)
            return
        for message in told:
            await send(message)

    def _moved(self, files: Any, user: str | None) -> JSONResponse:
        try:
            return JSONResponse(self._incoming.take(files, user))
        except FileNotFoundError:
            return JSONResponse({"detail": "Another sent the same file in this moment. Choose it again."}, 409)
