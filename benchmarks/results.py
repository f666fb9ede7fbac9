"""Keeps what a benchmark measured as JSON beside its plots, with the date, the versions and the machine.

A time is worth something only beside what the machine did just then: each result holds the time of a fixed piece of
work (`calibration_ms`) and the load average before and after.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent / "results"
PACKAGES = ("lectern", "chromadb", "tantivy", "onnxruntime", "llama-index-core", "gradio", "numpy")
LOOPS, SIZE = 5, 400


def calibration_ms() -> float:
    """Give the median time of a fixed loop of Python and a fixed product of matrices, in milliseconds."""
    square, times = np.random.default_rng(0).normal(size=(SIZE, SIZE)).astype(np.float32), []
    for _ in range(LOOPS):
        start = time.perf_counter()
        sum(n * n for n in range(200_000))
        for _ in range(10):
            square @ square
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def versions(names: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Give the installed versions of packages."""
    return {name: importlib.metadata.version(name) for name in names}


@dataclass
class Measurement:
    """One run of a benchmark, from its start; `keep` writes it."""

    name: str
    command: str  # with `../shared` for the folder of the labelled sets
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])
    calibrated: float = field(default_factory=calibration_ms)

    def keep(self, figures: Mapping[str, Any], others: Mapping[str, str] | None = None) -> Path:
        """Write the figures; `others` are the versions of what was measured beside us."""
        machine = {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "calibration_ms": [round(self.calibrated, 1), round(calibration_ms(), 1)],
            "load_average": [round(self.load_before, 2), round(os.getloadavg()[0], 2)],
        }
        whole = {
            "benchmark": self.name,
            "command": self.command,
            "date": self.began.date().isoformat(),
            "minutes": round((datetime.now(UTC) - self.began).total_seconds() / 60, 1),
            "machine": machine,
            "versions": versions() | dict(others or {}),
            "figures": figures,
        }
        FOLDER.mkdir(exist_ok=True)
        file = FOLDER / f"{self.name}.json"
        file.write_text(json.dumps(_rounded(whole), indent=1, ensure_ascii=False) + "\n", "utf-8")
        return file


def read(name: str) -> dict[str, Any]:
    """Read what a benchmark has kept."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def _rounded(value: Any) -> Any:
    """Round to what the figures can bear, so that a new run changes digits that say something."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {str(k): _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list | tuple) else value


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
