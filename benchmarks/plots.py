"""Draws the plots beside the kept results again: `python -m benchmarks.plots`. Measures nothing.

matplotlib stands in a venv of its own: where it is installed beside Gradio, each event of the server loads it.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from benchmarks.peers import SCRIPTS, VENVS, python_of
from benchmarks.results import FOLDER


def main() -> None:
    """Draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venvs", type=Path, default=VENVS, help="where matplotlib is installed")
    given = parser.parse_args()
    subprocess.run([python_of("plots", given.venvs), SCRIPTS / "plots.py", FOLDER], check=True)


if __name__ == "__main__":
    main()
