"""Runs the targets under atheris (coverage-guided, by libFuzzer), one by one: python -m tests.fuzz --seconds 200.

New inputs that reach new code are gathered in `.fuzz/`; what crashes or hangs is written to `tests/fuzz/crashes/`,
where the tests find it from then on. Needs atheris, which `make fuzz` brings.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
TIMEOUT_S = 25
MEMORY_MB = 2_500
NAMES = (
    "readers_text", "readers_binary", "readers_office", "splitter", "citations", "agent_replies", "addresses",
    "batch_rows", "page_texts",
)  # fmt: skip


def main() -> int:
    """Fuzz what is asked for; 1 where something crashed or hung."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *NAMES], help="all of them where none is named")
    parser.add_argument("--seconds", type=int, default=200, help="for each target")
    asked = parser.parse_args()
    failed = []
    for name in asked.targets or NAMES:
        seconds, runs, covered, code = _run(name, asked.seconds)
        sys.stdout.write(f"{name:<16} {runs:>11,} executions  {seconds:>5.0f} s  {covered:>6,} edges  exit {code}\n")
        sys.stdout.flush()
        failed += [name] if code else []
    return 1 if failed else 0


def _run(name: str, seconds: int) -> tuple[float, int, int, int]:
    """Fuzz one target in a process of its own; give seconds, executions, edges of code and the exit code."""
    corpus = Path(".fuzz") / name
    crashes = HERE / "crashes" / name
    for folder in (corpus, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "tests.fuzz.one", name, str(corpus), str(HERE / "seeds" / name),
        f"-max_total_time={seconds}", f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}", "-max_len=20000",
        f"-artifact_prefix={crashes}/", "-print_final_stats=1",
    ]  # fmt: skip
    began = time.monotonic()
    log = Path(".fuzz") / f"{name}.log"
    with log.open("wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False)
    told = log.read_text("utf-8", "replace")
    runs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", told) or re.findall(r"^#(\d+)\s", told, re.M) or ["0"]
    covered = re.findall(r"cov: (\d+)", told) or ["0"]
    if done.returncode:
        sys.stdout.write(told[-4_000:])
    if not any(crashes.iterdir()):
        crashes.rmdir()
    return time.monotonic() - began, int(runs[-1]), int(covered[-1]), done.returncode


if __name__ == "__main__":
    sys.exit(main())
