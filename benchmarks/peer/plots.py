"""Draws the plots from the kept results: `PYTHON plots.py RESULTS_FOLDER`, in a venv of its own (plots.txt)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams |= {"svg.hashsalt": "lectern", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
import matplotlib.pyplot as plt  # noqa: E402

OURS, OTHER = "#b8860b", "#7a8ca3"


def search_quality(found: Mapping[str, Any]) -> Any:
    """Draw R@5 and MRR@10 of each contestant with their intervals, a panel for each set."""
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2), sharex=True, layout="constrained")
    for panel, (name, result) in zip(panels, found.items(), strict=True):
        names = list(reversed(result["contestants"]))
        for n, contestant in enumerate(names):
            for key, shift, marker in (("R@5", 0.16, "o"), ("MRR@10", -0.16, "s")):
                value, low, high = result["contestants"][contestant][key]
                colour = OURS if contestant == "Lectern" else OTHER
                label = key if n == 0 else None
                panel.errorbar(
                    value, n + shift, xerr=[[value - low], [high - value]], fmt=marker, color=colour, label=label
                )
        panel.set(yticks=range(len(names)), yticklabels=names, xlim=(0, 1.02), title=f"{name}, {result['rows']} rows")
        panel.grid(axis="x", alpha=0.3)
    panels[1].legend(loc="lower right", frameon=False)
    return figure


def search_scale(found: Mapping[str, Any]) -> Any:
    """Draw quality and time against the number of chunks."""
    figure, (quality, speed) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    for (name, result), colour in zip(found.items(), (OURS, OTHER), strict=False):
        sizes = [int(size) for size in result["sizes"]]
        rows = list(result["sizes"].values())
        for key, style in (("R@5", "-"), ("MRR@10", "--")):
            quality.plot(sizes, [r[key][0] for r in rows], style, marker="o", color=colour, label=f"{name}, {key}")
        quality.fill_between(
            sizes, [r["MRR@10"][1] for r in rows], [r["MRR@10"][2] for r in rows], color=colour, alpha=0.12, linewidth=0
        )
        for key, style, label in (("median_ms", "-", "median"), ("p95_ms", "--", "95th percentile")):
            speed.plot(sizes, [r[key] for r in rows], style, marker="o", color=colour, label=f"{name}, {label}")
    quality.set(xscale="log", xlabel="chunks", ylim=(0, 1.02), title="quality")
    speed.set(xscale="log", xlabel="chunks", ylabel="ms a search", title="time")
    speed.set_ylim(bottom=0)
    for panel in (quality, speed):
        panel.legend(frameon=False, fontsize=8)
        panel.grid(alpha=0.3)
    return figure


def ingest_speed(found: Mapping[str, Any]) -> Any:
    """Draw the seconds of each side, each round as a dot."""
    figure, panel = plt.subplots(figsize=(7, 2.6), layout="constrained")
    for n, (name, row) in enumerate(reversed(found.items())):
        panel.barh(n, row["seconds"], color=OURS if name == "Lectern" else OTHER)
        panel.plot(row["rounds_seconds"], [n] * len(row["rounds_seconds"]), "o", color="black", markersize=3)
    panel.set(yticks=range(len(found)), yticklabels=list(reversed(found)), xlabel="seconds to ingest the corpus")
    return figure


def load(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Any:
    """Draw throughput, first token and CPU against the chats at once."""
    figure, (through, first, cores) = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
    for (name, rows), colour in zip(found.items(), (OTHER, OURS), strict=True):
        chats = [row["chats"] for row in rows]
        through.plot(chats, [row["chats_per_s"] for row in rows], marker="o", color=colour, label=name)
        for key, style, label in (("first_token_p50_s", "-", "median"), ("first_token_p95_s", "--", "95th percentile")):
            seconds = [float("nan") if row[key] is None else row[key] for row in rows]
            first.plot(chats, seconds, style, marker="o", color=colour, label=f"{name}, {label}")
    rows = found["Lectern"]
    for key, colour in (("app_cores", OURS), ("model_cores", OTHER), ("driver_cores", "#b5c99a")):
        cores.plot(
            [r["chats"] for r in rows], [r[key] for r in rows], marker="o", color=colour, label=key.split("_")[0]
        )
    through.set(title="chats ended a second")
    first.set(title="seconds to the first token")
    cores.set(title="cores in use, Lectern in front", ylim=(0, 2))
    for panel in (through, first, cores):
        panel.set_xlabel("chats at once")
        panel.legend(frameon=False, fontsize=8)
        panel.grid(alpha=0.3)
    return figure


def main(folder: Path) -> None:
    """Draw what there are results of."""
    for draw in (search_quality, search_scale, ingest_speed, load):
        file = folder / f"{draw.__name__}.json"
        if file.is_file():
            figure = draw(json.loads(file.read_text("utf-8"))["figures"])
            figure.savefig(file.with_suffix(".svg"), metadata={"Date": None})
            plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
