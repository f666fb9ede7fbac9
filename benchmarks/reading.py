"""Shows, for each format in a folder, how much text the readers read, keep, and drop by which rule.

    python -m benchmarks.reading FOLDER [--json]

All counts are of visible characters (no white space). read + added = kept + dropped for each file; what is left of
that is *unexplained*: above 0 text was lost without a rule that names it, below 0 text was made up. Either is a fault.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from index_store.errors import SourceProblem
from ingest.readers import read_document
from ingest.settings import IngestSettings
from ingest.sources import Item, folder_source

TABLE = ("files", "failed", "read", "added", "kept", "dropped", "unexplained")


def account(items: Iterable[Item]) -> tuple[dict[str, Counter[str]], dict[str, dict[str, Counter[str]]], list[str]]:
    """Read items; give the counts by format, the rules by format (dropped, added), and the files that do not add up."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    rules: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: {"dropped": Counter(), "added": Counter()})
    odd: list[str] = []
    for item in items:
        if item.refused:
            continue
        suffix = Path(item.path).suffix.lower()
        counts[suffix]["files"] += 1
        try:
            payload = item.load()
            document = read_document(payload.data, payload.path, suffix=payload.suffix)
        except SourceProblem as problem:
            counts[suffix]["failed"] += 1
            odd.append(str(problem))
            continue
        counts[suffix] += Counter(read=document.characters_read, kept=document.characters_kept)
        counts[suffix]["unexplained"] += document.unaccounted
        for kind, found in (("dropped", document.dropped), ("added", document.added)):
            rules[suffix][kind].update(found)
            counts[suffix][kind] += sum(found.values())
        if document.unaccounted:
            odd.append(f"{item.path}: {document.unaccounted:+,} characters unexplained")
    return counts, rules, odd


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Read a folder as ingestion does and give a row for each format."""
    source = folder_source(folder, [], IngestSettings(folder).max_file_bytes)
    counts, rules, odd = account(source.items())
    return [
        {
            "format": suffix,
            **{name: counts[suffix][name] for name in TABLE},
            "dropped_by": dict(rules[suffix]["dropped"].most_common()),
            "added_by": dict(rules[suffix]["added"].most_common()),
            "odd": [line for line in odd if f"{suffix}" in line.lower()],
        }
        for suffix in sorted(counts)
    ]


def main() -> None:
    """Print a table for each format of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON line for each format")
    arguments = parser.parse_args()
    rows = rows_of(arguments.folder)
    if arguments.json:
        print("\n".join(map(json.dumps, rows)))
        return
    print("format  " + "".join(f"{name:>12}" for name in TABLE))
    for row in rows:
        print(f"{row['format']:8}" + "".join(f"{row[name]:12,}" for name in TABLE))
        for kind in ("dropped", "added"):
            for rule, count in row[f"{kind}_by"].items():
                print(f"    {kind:8}{count:12,}  {rule}")
        for line in row["odd"]:
            print(f"    ! {line}")


if __name__ == "__main__":
    main()
