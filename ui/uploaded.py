"""Tells whether an event names files that were uploaded, and no others.

Gradio checks that for an app that it serves itself, not for one that is mounted, and it fetches a path that is an
address: so an event could name any file of this machine, or have one fetched from elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def only_uploads(data: Any, folder: Path) -> bool:
    """Tell whether each file that some JSON names lies in the folder of uploads."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "path" in value and not lies_in(value["path"], folder):
                return False
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return True


def lies_in(path: Any, folder: Path) -> bool:
    """Tell whether a path leads into a folder, wherever links and dots in it lead; None leads nowhere else."""
    if path is None:
        return True
    try:
        return isinstance(path, str) and folder.resolve() in Path(path).resolve().parents
    except (OSError, ValueError, RuntimeError):
        return False
