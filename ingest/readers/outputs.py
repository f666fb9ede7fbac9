"""Cleans what a program printed: terminal codes, overwritten lines, progress bars and installers' chatter go."""

from __future__ import annotations

import re
from collections import Counter

from ingest.readers.text import visible

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
# Lengths are bounded, for an output may be one endless line.
_BAR = re.compile(
    r"\d{1,3}%\s*\||[━█▏▎▍▌▋▊▉]{4,}"
    r"|\d(?:\.\d{1,9})?\s?(?:it|s|B|kB|MB|GB)/(?:s|it)\b.{0,200}(?:eta|[\d:]{4,}|<)"
)
_INSTALLER = re.compile(
    r"\s*(?:Requirement already satisfied|Collecting |Downloading |Installing collected"
    r"|Successfully (?:installed|built)"
    r"|Preparing metadata|Building wheel|Getting requirements|Installing build dependencies|Using cached "
    r"|Looking in indexes"
    r"|Attempting uninstall|Found existing installation|Uninstalling |Created wheel|Stored in directory|\[notice\]"
    r"|WARNING: Running pip|Note: you may need to restart the kernel)"
)


def clean_output(text: str) -> tuple[str, Counter[str]]:
    """Give the text as a reader of the notebook sees it, and how many visible characters each rule dropped."""
    dropped: Counter[str] = Counter()
    plain = _ANSI.sub("", text)
    dropped["ANSI codes"] = visible(text) - visible(plain)
    kept: list[str] = []
    for line in plain.replace("\r\n", "\n").split("\n"):
        last = line.rstrip("\r").rpartition("\r")[2]
        dropped["overwritten lines"] += visible(line) - visible(last)
        rule = "progress bars" if _BAR.search(last) else "installer output" if _INSTALLER.match(last) else ""
        if rule:
            dropped[rule] += visible(last)
        else:
            kept.append(last.rstrip())
    return "\n".join(kept).strip("\n"), +dropped


def short_traceback(name: str, message: str) -> str:
    """Give an error as its last line: what went wrong, without the way there."""
    plain = _ANSI.sub("", message).strip().split("\n")[0]
    return f"{name}: {plain}" if plain else name
