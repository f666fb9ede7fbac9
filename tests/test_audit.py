"""The audit: floors hold, a service that knows nothing is not believed, what is accepted is named with its reason."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.audit import CONTROL, PACKAGES, ROOT, TABLE, Done, Run, advisories, below_floor, run

KNOWN: dict[str, Any] = tomllib.loads(TABLE.read_text("utf-8"))
LOCK = ROOT / "requirements.lock"


def test_what_is_pinned_and_installed_is_at_its_floor_or_above() -> None:
    assert below_floor(KNOWN, LOCK.read_text("utf-8")) == []
    assert {"gradio", "chromadb", "llama-index", "starlette"} <= {floor["package"] for floor in KNOWN["floor"]}


def test_what_is_below_its_floor_is_named_with_the_advisory() -> None:
    high = {"floor": [{"package": "gradio", "version": "99", "advisory": "CVE-1"}]}
    said = below_floor(high, "gradio==6.31.0 \\\n")
    assert [line.partition(" ")[0] for line in said] == ["gradio", "gradio"]
    assert all("CVE-1" in line for line in said)
    assert "is not pinned" in below_floor(KNOWN, "")[0]


def test_each_floor_and_each_exception_says_why() -> None:
    assert all(floor["advisory"] and floor["about"] for floor in KNOWN["floor"])
    assert all(len(accepted["reason"]) > 40 for accepted in KNOWN["accepted"])


class Service:
    """Stands where pip-audit does: gives the holes that it is told, of the packages that a file names."""

    def __init__(self, **holes: list[str]) -> None:
        self.holes = holes

    def __call__(self, command: Sequence[str]) -> Done:
        text = Path(command[-1]).read_text("utf-8")
        holes = {"jinja2": ["CVE-2019-10906"]} if CONTROL in text else self.holes
        told = [{"name": n, "vulns": [{"id": i, "aliases": []} for i in ids]} for n, ids in holes.items()]
        return Done(1 if told else 0, json.dumps({"dependencies": told}), "")


def mirror(command: Sequence[str]) -> Done:
    return Done(1, "", "ERROR: jinja2: Dependency not found and could not be audited")


def empty(command: Sequence[str]) -> Done:
    return Done(0, json.dumps({"dependencies": [{"name": "jinja2", "version": "2.10", "vulns": []}]}), "")


@pytest.mark.parametrize("service", [mirror, empty])
def test_an_audit_that_reached_nobody_is_not_run_and_never_passed(service: Run) -> None:
    state, said = advisories(KNOWN, [LOCK], service)
    assert state == "NOT RUN"
    assert CONTROL in said[0]


@pytest.mark.parametrize(
    ("found", "state"),
    [({}, "passed"), ({"chromadb": ["CVE-2026-45829"]}, "passed"), ({"chromadb": ["CVE-0"]}, "failed"),
     ({"gradio": ["CVE-2026-45829"]}, "failed")],
)  # fmt: skip
def test_only_what_is_accepted_for_that_package_passes(found: dict[str, list[str]], state: str) -> None:
    told, holes = advisories(KNOWN, [LOCK], Service(**found))
    assert told == state
    assert bool(holes) == (state == "failed")


@pytest.mark.integration  # `make audit` asks the same, in a quarter of a minute
def test_no_dangerous_habit_is_in_our_packages() -> None:
    done = run(["bandit", "-q", "-c", "pyproject.toml", "-r", *PACKAGES])
    assert done.code == 0, done.out + done.err
