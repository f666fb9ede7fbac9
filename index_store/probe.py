"""Tries an index in a process of its own, because damaged HNSW files can end the process that reads them.

`python -m index_store.probe HOME` prints one JSON line: what it counted, and whether queries find what is stored.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index_store.dense import Dense

TIMEOUT_S = 180.0
SAMPLED = 20
TRIES = 3  # what is being written meanwhile can look wrong once
REACHED = 5_000
FORGIVEN = 1  # of the sampled vectors: an approximate index may miss one
PART = 0.5  # among vectors that are nearly alike, a sound HNSW graph does not reach all


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a probe found: `problems` in words, and the ids that each half holds (empty when it could not be read)."""

    problems: tuple[str, ...]
    dense_ids: frozenset[str] = field(default=frozenset(), repr=False)
    lexical_ids: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems


def probe(home: Path, expected: frozenset[str] | None = None, *, timeout_s: float = TIMEOUT_S) -> ProbeReport:
    """Open, count, list and query the index in a child process; compare with the ids that should be there."""
    command = [sys.executable, "-m", "index_store.probe", str(home.resolve())]
    root = Path(__file__).resolve().parent.parent
    try:
        done = subprocess.run(  # nosec B603 - this very interpreter over the home that was opened
            command, capture_output=True, timeout=timeout_s, cwd=root, check=False
        )
    except subprocess.TimeoutExpired:
        return ProbeReport((f"Reading the index took more than {timeout_s:.0f} s.",))
    if done.returncode < 0:
        return ProbeReport((f"Reading the index ended the process (signal {-done.returncode}).",))
    try:
        found = json.loads(done.stdout.decode("utf-8").splitlines()[-1])
    except (ValueError, IndexError):
        return ProbeReport((f"Reading the index failed: {done.stderr.decode('utf-8', 'replace')[-300:].strip()}",))
    dense, lexical = frozenset(found["dense"]), frozenset(found["lexical"])
    problems = list(found["problems"])
    if expected is not None and not problems:
        problems += _differences("dense", dense, expected) + _differences("lexical", lexical, expected)
    return ProbeReport(tuple(problems), dense, lexical)


def _differences(half: str, held: frozenset[str], expected: frozenset[str]) -> list[str]:
    missing, extra = len(expected - held), len(held - expected)
    found = [f"The {half} half lacks {missing} of {len(expected)} chunks."] if missing else []
    return found + ([f"The {half} half holds {extra} chunks that the ledger does not know."] if extra else [])


def _look(home: Path) -> dict[str, object]:
    """Read all there is to read; runs in the child process."""
    from index_store.dense import Dense
    from index_store.lexical import Lexical
    from index_store.manifest import index_folder, read_manifest

    manifest = read_manifest(home)
    if manifest is None:
        return {"dense": [], "lexical": [], "problems": ["There is no index."]}
    folder = index_folder(home) / manifest.folder
    dense = Dense(folder / "chroma")
    lexical = Lexical(folder / "lexical")
    ids = sorted(dense.ids())
    problems = []
    if len(ids) != dense.count():
        problems.append(f"The dense half counts {dense.count()} chunks but lists {len(ids)}.")
    sample = ids[:: max(1, len(ids) // SAMPLED)][:SAMPLED]
    vectors = dense.vectors(sample)
    lost = sum(1 for i in sample if i not in vectors or not _finds(dense, vectors[i]))
    if lost > FORGIVEN:
        problems.append(f"Of {len(sample)} stored vectors, {lost} are not found by a query.")
    reach = min(len(ids), REACHED)
    if ids and not lost and len(dense.query(vectors[sample[0]], reach)) < reach * PART:
        problems.append("A query reaches only a part of the vectors.")
    return {"dense": ids, "lexical": sorted(lexical.ids()), "problems": problems}


def _finds(dense: Dense, vector: NDArray[np.float32]) -> bool:
    hits = dense.query(vector, 1)
    return bool(hits) and hits[0][1] > 0.999


def main() -> None:
    """Probe the home that the command line names."""
    found: dict[str, object] = {}
    try:
        for _ in range(TRIES):
            found = _look(Path(sys.argv[1]))
            if not found["problems"]:
                break
    except Exception as exc:  # the edge of a process: whatever is wrong with the files is the finding
        found = {"dense": [], "lexical": [], "problems": [f"The index cannot be read: {exc}"]}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
