"""Measures commands from a cold start, as whole processes, against importing LlamaIndex and Chroma alone.

    python -m benchmarks.cold_start [--rounds 7] [--json]

The sample course is ingested into a temporary home first. The commands take turns; the ratio is of the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMPORTS = "import of llama_index.core and chromadb"
COMMANDS = {
    IMPORTS: ["-c", "import llama_index.core, chromadb"],
    "lectern ask": ["-m", "ui", "ask", "What is ReAct and when would I use it?"],
    "lectern search": ["-m", "ui", "search", "ReAct"],
    "lectern --help": ["-m", "ui", "--help"],
}


def seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """Run Python so, and give the seconds it took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Run the commands in turns and print their medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "LECTERN_HOME": home}
        seconds(["-m", "ui", "ingest", "ingest/sample"], environment)
        times: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(given.rounds):
            for name, arguments in COMMANDS.items():
                times[name].append(seconds(arguments, environment))
    medians = {name: statistics.median(t) for name, t in times.items()}
    if given.json:
        print(json.dumps(medians))
        return
    for name, median in medians.items():
        print(f"{name}: {median:.2f} s, {median / medians[IMPORTS]:.2f} of the imports")


if __name__ == "__main__":
    main()
