"""Ingests a folder a second time as a user who may not read all of it: run by test_bad_input in a process of its own.

python -m tests.unprivileged FOLDER HOME LOCKED_HOME: all is loaded and ingested once before the rights go, for the user
"nobody" may not be able to read the interpreter's own files. Prints the receipts and what the library holds as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from index_store.errors import LecternError
from index_store.minilm import MiniLM
from tests.library import held, ingest

NOBODY = 65534


def main(folder: Path, home: Path, locked: Path) -> dict[str, Any]:
    embedder = MiniLM()
    first = ingest(home, embedder, folder)
    before = held(home, embedder)
    (folder / "closed.txt").write_text("Changed, but nobody may see it.")
    (folder / "closed.txt").chmod(0)
    (folder / "private").chmod(0)
    locked.chmod(0o555)
    if os.geteuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        os.setuid(NOBODY)
    second = ingest(home, embedder, folder, prune=True)
    try:
        ingest(locked / "home", embedder, folder)
        refused = {}
    except LecternError as error:
        refused = {"message": error.message, "hint": error.hint}
    return {
        "first": {path: receipt.status for path, receipt in first.items()},
        "second": [receipt.row() for receipt in second.values()],
        "kept": held(home, embedder) == before,
        "refused": refused,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*map(Path, sys.argv[1:]))))
