"""What the tests of faults share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def home(api_home: Path, tmp_path: Path) -> Path:
    """A home of its own, with the small course."""
    return Path(shutil.copytree(api_home, tmp_path / "home", ignore=shutil.ignore_patterns("traces*", "running")))
