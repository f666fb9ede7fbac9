"""Audits what is installed and pinned: floors of versions, known advisories, and dangerous habits in our own code.

    python -m tests.audit

An audit of advisories that reached no service says NOT RUN, and is neither passed nor failed: a package with a known
hole is asked for first, and only who finds that one is believed about the others.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_suffix(".toml")
PACKAGES = ("assistant", "ingest", "index_store", "ui")
CONTROL = "jinja2==2.10"
"""CVE-2019-10906 and others: a service that knows nothing of it knows nothing."""
TIMEOUT_S = 300
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
Run = Callable[[Sequence[str]], "Done"]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(command: Sequence[str]) -> Done:
    """Run a module of Python's."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Done(1, "", "it took too long")
    return Done(done.returncode, done.stdout, done.stderr)


def below_floor(table: Mapping[str, Any], lock: str) -> list[str]:
    """Say which package is pinned or installed below its floor, or not at all."""
    pinned, found = dict(_PINNED.findall(lock)), []
    for floor in table["floor"]:
        name, least = floor["package"], Version(floor["version"])
        try:
            there = {"pinned": pinned.get(name), "installed": version(name)}
        except PackageNotFoundError:
            there = {"pinned": pinned.get(name), "installed": None}
        for how, seen in there.items():
            if seen is None or Version(seen) < least:
                found.append(f"{name} {seen or 'is not'} {how}; {least} is needed ({floor['advisory']})")
    return found


def known_holes(text: str) -> dict[str, list[str]] | None:
    """Give the ids of each advisory that pip-audit printed as JSON, by package; None where it printed none."""
    try:
        told = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    return {
        d["name"]: ids
        for d in told
        if (ids := [i for hole in d.get("vulns", []) for i in (hole["id"], *hole.get("aliases", []))])
    }


def audited(file: Path, service: str, run: Run) -> tuple[dict[str, list[str]] | None, str]:
    """Ask a service about a file of pinned packages; give the holes (None where it could not), and what it said."""
    how = ["--strict", "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-s", service]
    done = run(["pip_audit", *how, "-r", str(file)])
    return known_holes(done.out), (done.err.strip().splitlines() or [""])[-1][:300]


def advisories(table: Mapping[str, Any], files: Sequence[Path], run: Run) -> tuple[str, list[str]]:
    """Give `passed`, `failed` or `NOT RUN`, and what there is to say."""
    said = []
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control.txt"
        control.write_text(f"{CONTROL}\n")
        for service in ("pypi", "osv"):
            holes, why = audited(control, service, run)
            if holes:
                return _judged(table, files, service, run)
            said.append(f"{service}: it does not know that {CONTROL} has holes. {why}")
    return "NOT RUN", said


def _judged(table: Mapping[str, Any], files: Sequence[Path], service: str, run: Run) -> tuple[str, list[str]]:
    accepted = {(a["package"], a["id"]) for a in table["accepted"]}
    open_holes = []
    for file in files:
        holes, why = audited(file, service, run)
        if holes is None:
            return "failed", [f"{file.name}: {why}"]  # strict: what cannot be audited is no pass
        for name, ids in holes.items():
            if not any((name, i) in accepted for i in ids):
                open_holes.append(f"{file.name}: {name} has {', '.join(ids)}")
    return ("failed" if open_holes else "passed"), open_holes


def main() -> int:
    """Run all audits; 1 where one failed. What was not run is said as such."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    lock = ROOT / "requirements.lock"
    low = below_floor(table, lock.read_text("utf-8"))
    _tell("floors", "failed" if low else "passed", low)
    state, holes = advisories(table, [lock, ROOT / "requirements-dev.lock"], run)
    _tell("advisories (pip-audit --strict)", state, holes)
    done = run(["bandit", "-q", "-c", "pyproject.toml", "-r", *PACKAGES])
    _tell("bandit", "failed" if done.code else "passed", [done.out or done.err] if done.code else [])
    return 1 if low or state == "failed" or done.code else 0


def _tell(what: str, state: str, lines: Sequence[str]) -> None:
    sys.stdout.write(f"{what}: {state}\n" + "".join(f"    {line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
