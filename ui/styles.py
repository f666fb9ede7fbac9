"""What the pages look like and the little that the browser does by itself, read from the files beside this one."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
CSS = (_HERE / "pages.css").read_text("utf-8")
SCRIPT = (_HERE / "pages.js").read_text("utf-8")
HEAD = f"<link rel='icon' href='favicon.ico'><script>{SCRIPT}</script>"
