"""Writes the tables of figures in README.md and benchmarks/README.md from the kept results. Measures nothing.

    python -m benchmarks.table            # says whether they match; exit code 1 where they do not
    python -m benchmarks.table --write

A table stands between `<!-- figures: NAME -->` and `<!-- end -->`; what stands around it is written by hand.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import read

ROOT = Path(__file__).resolve().parent.parent
FILES = (ROOT / "README.md", ROOT / "benchmarks" / "README.md")
BLOCK = re.compile(r"(<!-- figures: ([a-z_]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
COLUMNS = ("Lectern", "LlamaIndex, 256 tokens", "LlamaIndex, 1024 tokens", "Haystack, hybrid", "paper-qa")
SHARED_INGEST = {"Haystack, hybrid": "Haystack, BM25"}
"""What is ingested once for several ways to search is measured once, under the first."""
SPEED = (
    ("seconds", "seconds to ingest 156 files", ".0f"),
    ("cpu_seconds", "CPU seconds for that, where it is one process", ".0f"),
    ("peak_mb", "most memory, MB", ",.0f"),
    ("query_ms", "ms a search, median", ".0f"),
)
Read = Callable[[str], Mapping[str, Any]]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def ranged(figure: Sequence[float], form: str = ".3f") -> str:
    """Give a figure with its interval."""
    value, low, high = (format(x, form) for x in figure)
    return f"{value} [{low}, {high}]"


def summary(load: Read) -> str:
    """Give the table of README.md: what people would pick instead, side by side."""
    quality, speed = load("search_quality")["figures"], load("ingest_speed")["figures"]
    rows = []
    for name, said in (("qa", "questions over a course"), ("papers", "a paper by a description")):
        for figure in ("R@5", "MRR@10"):
            of = quality[name]["contestants"]
            rows.append(
                [f"{figure}, {said} (n={quality[name]['rows']})", *(f"{of[c][figure][0]:.2f}" for c in COLUMNS)]
            )
    for key, said, form in SPEED:
        rows.append([said, *(_number(speed, c, key, form) for c in COLUMNS)])
    return table(["", *COLUMNS], rows) + "\n" + taken(load, "search_quality", "ingest_speed") + "\n"


def _number(speed: Mapping[str, Any], contestant: str, key: str, form: str) -> str:
    ingested = {} if key == "query_ms" else speed.get(SHARED_INGEST.get(contestant, ""), {})
    row = speed.get(contestant) or ingested
    return format(row[key], form) if key in row else ""


def search_quality(load: Read) -> str:
    """Give each contestant's figures, a table for each set."""
    parts = []
    for name, result in load("search_quality")["figures"].items():
        head = [f"{name}, n={result['rows']}", "R@1", "R@5", "MRR@10", "nDCG@10", "R@5 whole", "chunks",
                "Lectern's MRR@10 is", "its R@5 is"]  # fmt: skip
        rows = []
        for contestant, of in result["contestants"].items():
            own = contestant == "Lectern"
            gains = ["" if own else ranged(of[f"ours minus this, {m}"], "+.3f") for m in ("MRR@10", "R@5")]
            cells = [ranged(of["MRR@10"]), f"{of['nDCG@10'][0]:.3f}", f"{of['R@5 whole'][0]:.3f}", f"{of['chunks']:,}"]
            rows.append([contestant, f"{of['R@1'][0]:.3f}", f"{of['R@5'][0]:.3f}", *cells, *gains])
        parts.append(table(head, rows))
    return "\n".join(parts) + "\n" + taken(load, "search_quality")


def ingest_speed(load: Read) -> str:
    """Give each side's time and memory, and ours to it."""
    rows = []
    for name, of in load("ingest_speed")["figures"].items():
        each = ", ".join(f"{s:.0f}" for s in of["rounds_seconds"])
        cells = [f"{of['chunks']:,.0f}", f"{of['seconds']:.1f} ({each})", _ratio(of, "seconds")]
        cells += [f"{of['cpu_seconds']:.0f}" if "cpu_seconds" in of else "", _ratio(of, "cpu_seconds")]
        cells += [f"{of['peak_mb']:,.0f}", _ratio(of, "peak_mb"), f"{of['query_ms']:.1f}", _ratio(of, "query_ms")]
        rows.append([name, *cells])
    head = ["", "chunks", "seconds (rounds)", "Lectern to it", "CPU seconds", "Lectern to it", "most memory, MB",
            "Lectern to it", "ms a search", "Lectern to it"]  # fmt: skip
    return table(head, rows) + "\n" + taken(load, "ingest_speed")


def _ratio(of: Mapping[str, Any], key: str) -> str:
    ratio = of["lectern_to_this"].get(key)
    return "" if ratio is None else f"{ratio:.2f}"


def search_scale(load: Read) -> str:
    """Give quality and time at each size."""
    head = [
        "set",
        "chunks",
        "R@5",
        "MRR@10",
        "MRR@10 to the smallest",
        "ms, median",
        "95th percentile",
        "to the smallest",
    ]
    rows = []
    for name, result in load("search_scale")["figures"].items():
        for size, of in result["sizes"].items():
            cells = [f"{of['R@5'][0]:.3f}", ranged(of["MRR@10"]), ranged(of["MRR@10 to the smallest"], "+.3f")]
            cells += [f"{of['median_ms']:.1f}", f"{of['p95_ms']:.1f}", f"{of['median_to_the_smallest']:.2f}"]
            rows.append([f"{name}, n={result['rows']}", f"{int(size):,}", *cells])
    return table(head, rows) + "\n" + taken(load, "search_scale")


def load_of_chats(load: Read) -> str:
    """Give each number of chats: the model server bare, and Lectern before it."""
    found = load("load")["figures"]
    head = ["chats", "a second: bare", "Lectern", "ratio", "first token, median: bare", "Lectern", "p95: bare",
            "Lectern", "errors: bare, Lectern", "cores: Lectern, model, driver"]  # fmt: skip
    rows = []
    for bare, ours in zip(found["model server"], found["Lectern"], strict=True):
        each = [bare["chats_per_s"], ours["chats_per_s"], ours["chats_per_s"] / bare["chats_per_s"]]
        firsts = [row[f"first_token_{key}_s"] for key in ("p50", "p95") for row in (bare, ours)]
        seconds = ["none" if s is None else f"{s:.2f} s" for s in firsts]
        cores = ", ".join(f"{ours[key]:.2f}" for key in ("app_cores", "model_cores", "driver_cores"))
        errors = f"{bare['errors']}, {ours['errors']} of {ours['ended']}"
        rows.append([str(ours["chats"]), *(f"{x:.2f}" for x in each), *seconds, errors, cores])
    return table(head, rows) + "\n" + taken(load, "load")


def page(load: Read) -> str:
    """Give what a browser sees: start-up, the first token, Stop."""
    found = load("page")["figures"]
    start, first, stop = found["start"], found["first token"], found["stop"]
    beside = f"(medians {start['up']['median_s']:.1f} s, {start['imports']['median_s']:.1f} s)"
    rows = [
        ["server up, to the imports alone", f"{start['up_to_imports']:.2f}", beside, "1.2"],
        ["page takes a question, after the server is up", *_seconds(start["interactive"]), "3 s"],
        ["first token on the page, after the model server's", *_seconds(first["page_behind_model"]), "0.15 s"],
        ["from Enter until the model server is asked", *_seconds(first["question_to_model"]), ""],
        ["Stop until the turn is over and the model server free", *_seconds(stop["model_free"]), "1 s"],
    ]
    counts = f"Medians of {start['rounds']} starts, {first['chats']} chats, {stop['rounds']} stops.\n\n"
    return table(["figure", "median", "95th percentile", "wanted"], rows) + "\n" + counts + taken(load, "page")


def _seconds(of: Mapping[str, float]) -> list[str]:
    return [f"{of['median_s']:.2f} s", f"{of['p95_s']:.2f} s"]


def layers(load: Read) -> str:
    """Give the CPU time of each layer in a turn, both ways."""
    found = load("layers")["figures"]
    names = sorted(found["API"]["layers_ms"], key=lambda name: -found["chat page"]["layers_ms"][name])
    rows = [[name, *(f"{of['layers_ms'][name]:.1f}" for of in found.values())] for name in names]
    rows.append(["**all**", *(f"**{of['cpu_ms']:.0f}**" for of in found.values())])
    return table(["ms of CPU a turn", *found], rows) + "\n" + taken(load, "layers")


def taken(load: Read, *names: str) -> str:
    """Say when and where results were measured."""
    parts = []
    for name in names:
        kept = load(name)
        machine = kept["machine"]
        before, after = machine["load_average"]
        first, last = machine["calibration_ms"]
        parts.append(
            f"`{kept['command']}`, {kept['date']}: {machine['cores']} cores of {machine['processor']}, "
            f"load {before:.1f} before and {after:.1f} after, the calibration loop {first:.0f} and {last:.0f} ms."
        )
    return "\n".join(parts) + "\n"


TABLES: Mapping[str, Callable[[Read], str]] = {
    "summary": summary,
    "search_quality": search_quality,
    "ingest_speed": ingest_speed,
    "search_scale": search_scale,
    "load": load_of_chats,
    "layers": layers,
    "page": page,
}


def rewritten(text: str, load: Read = read) -> str:
    """Give a text with the tables between its markers written anew."""
    return BLOCK.sub(lambda found: f"{found[1]}{_table(found[2], load)}{found[4]}", text)


def _table(name: str, load: Read) -> str:
    try:
        return TABLES[name](load)
    except FileNotFoundError:
        return "Not measured yet.\n"


def main() -> None:
    """Compare, or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    stale = [file for file in FILES if rewritten(text := file.read_text("utf-8")) != text]
    for file in stale:
        if given.write:
            file.write_text(rewritten(file.read_text("utf-8")), "utf-8")
        print(f"{file.relative_to(ROOT)} {'is written' if given.write else 'does not match the results'}")
    sys.exit(bool(stale) and not given.write)


if __name__ == "__main__":
    main()
