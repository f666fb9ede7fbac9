"""Programs that tests need beside the Python packages: without one its tests skip in one line, and in CI they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LITELLM = Path(__file__).resolve().parent.parent / ".venv-litellm" / "bin" / "litellm"


def browser_path() -> str | None:
    """Give the path of an installed Chromium."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def nginx_path() -> str | None:
    """Give the path of an installed nginx, which is not on everybody's."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def has_mediawiki() -> bool:
    """Tell whether a MediaWiki can be set up."""
    return Path("/usr/share/mediawiki/maintenance/install.php").exists() and shutil.which("php") is not None


PROGRAMS: dict[str, tuple[Callable[[], object], str]] = {
    "chromium": (browser_path, "no Chromium here (on Debian: apt install chromium)"),
    "nginx": (nginx_path, "no nginx here (on Debian: apt install nginx-light)"),
    "mediawiki": (has_mediawiki, "no MediaWiki here (on Debian, as root: make mediawiki, or apt install mediawiki)"),
    "litellm": (LITELLM.exists, "no LiteLLM here (it is set up by: make test-integration)"),
}  # fmt: skip
"""How each is found, and what is said where it is missing."""


def need(program: str, environment: Mapping[str, str] = os.environ) -> None:
    """Skip the test that runs where a program is missing, or fail it where CI is set: there nothing is left out."""
    found, missing = PROGRAMS[program]
    if found():
        return
    if is_ci(environment):
        pytest.fail(f"{missing}; CI is set, so that its tests may not be skipped", pytrace=False)
    pytest.skip(missing)


def is_ci(environment: Mapping[str, str]) -> bool:
    """Tell whether the usual variable says that this is CI.

    >>> is_ci({"CI": "true"}), is_ci({"CI": "1"}), is_ci({"CI": "false"}), is_ci({})
    (True, True, False, False)
    """
    return environment.get("CI", "").strip().lower() not in ("", "0", "false", "no", "off")
