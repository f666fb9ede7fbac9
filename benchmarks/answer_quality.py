"""Measures answers over labelled questions: the scorer's own figures, with bootstrap intervals.

    lectern ask --batch ../shared/eval/qa/dev.jsonl > answers.jsonl
    python -m benchmarks.answer_quality ../shared/eval qa/dev.jsonl answers.jsonl [--json]

Scored row by row with score_answers.py of the labelled sets, then resampled (percentiles; Efron and Tibshirani, 1993).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.labelled import load_module

FIGURES = ("hit", "cited", "quoted", "refused", "honest")
RESAMPLES = 10_000


def by_row(sets: Path, gold: Path, answers: Path) -> dict[str, list[float]]:
    """Give each figure's values, 0 or 1, over the rows that it is counted on."""
    sys.path.insert(0, str(sets))  # the scorer imports its neighbour by name
    scorer = load_module(sets / "score_answers.py", "score_answers")
    values: dict[str, list[float]] = {name: [] for name in FIGURES}
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "gold.jsonl"
        for line in gold.read_text("utf-8").splitlines():
            one.write_text(line, "utf-8")
            with contextlib.redirect_stdout(io.StringIO()):
                found = scorer.main(str(one), str(answers))
            for name in FIGURES:
                if not math.isnan(found[name]):
                    values[name].append(found[name])
    return values


def main() -> None:
    """Score and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, help="the folder with the labelled sets")
    parser.add_argument("gold", type=Path, help="a set, relative to that folder")
    parser.add_argument("answers", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    draw = np.random.default_rng(0)
    for name, values in by_row(given.sets, given.sets / given.gold, given.answers).items():
        each = np.array(values)
        drawn = each[draw.integers(0, len(each), (RESAMPLES, len(each)))].mean(axis=1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        if given.json:
            print(json.dumps({"figure": name, "n": len(each), "value": each.mean(), "interval": [low, high]}))
        else:
            print(f"{name:8} n={len(each):3} {each.mean():.3f} [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
