"""Programs that people would pick instead, each in a venv of its own that is set up here by pip with pinned versions.

A peer imports nothing of ours and we import nothing of it: it is a script of benchmarks/peer, called as `asking` there
says. All get the same questions and the same embedding model.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "benchmarks" / "peer"
VENVS = ROOT / ".venv-peers"
PEERS: Mapping[str, tuple[str, Sequence[str]]] = {
    "llama_index_256": ("llama_index", ["256"]),
    "llama_index_1024": ("llama_index", ["1024"]),
    "haystack": ("haystack", []),
    "paper_qa": ("paper_qa", []),
}
"""Each peer's script and requirements, and what its script is told beside the usual."""


def python_of(name: str, venvs: Path = VENVS) -> Path:
    """Give the interpreter of a venv with what benchmarks/peer/NAME.txt pins; it is set up where it is not there."""
    wanted, folder = SCRIPTS / f"{name}.txt", venvs / name
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if not stamp.is_file() or stamp.read_text() != wanted.read_text():
        print(f"Setting up {name} ...", file=sys.stderr)
        if not python.exists():
            venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", wanted], check=True, stdout=sys.stderr)
        stamp.write_text(wanted.read_text())
    return python


@contextmanager
def embeddings() -> Iterator[str]:
    """Serve MiniLM on loopback until the end of the block; give its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.embedding_server"], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as server:  # fmt: skip
        assert server.stdin and server.stdout
        yield server.stdout.readline().strip()
        server.stdin.close()


def run_peer(name: str, folder: Path, questions: Path, address: str, store: Path, venvs: Path = VENVS) -> Any:
    """Let a peer ingest a folder and answer questions; give what it wrote, with its load of warnings left out."""
    script, more = PEERS[name]
    command = [python_of(script, venvs), SCRIPTS / f"{script}_peer.py", folder.resolve(), questions, address, store]
    log = store.with_suffix(".log")
    with log.open("w") as told:
        done = subprocess.run([*map(str, command), *more], stdout=subprocess.PIPE, stderr=told, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}: {log.read_text()[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])
