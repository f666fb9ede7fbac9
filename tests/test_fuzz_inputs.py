"""The fuzzers' targets over what is kept: our seeds, which must get far, and inputs that once broke something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import NAMES
from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent / "fuzz"
KEPT = sorted(f for folder in ("seeds", "crashes") for f in (HERE / folder).rglob("*") if f.is_file())


def test_every_target_is_run_and_has_seeds() -> None:
    assert set(NAMES) == set(TARGETS) == {file.parent.name for file in KEPT if "seeds" in file.parts}


@pytest.mark.parametrize("file", KEPT, ids=lambda f: f"{f.parent.parent.name}/{f.parent.name}/{f.name}")
def test_what_is_kept_does_nothing_wrong(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())
