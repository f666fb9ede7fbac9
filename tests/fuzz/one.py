"""Runs one target under atheris until libFuzzer's own limits end it: python -m tests.fuzz.one TARGET CORPUS -flags."""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest", "assistant", "index_store", "ui"]):
    from ingest.readers import READERS
    from tests.fuzz.targets import TARGETS

    for module in set(READERS.values()):  # each is loaded when it is first needed: too late to be instrumented
        import_module(f"ingest.readers.{module}")


def kept(target: Callable[[bytes], None], folder: Path) -> Callable[[bytes], None]:
    """Write what makes a target fail before it is told: libFuzzer's own timer may end the process before it does."""

    def run(data: bytes) -> None:
        try:
            target(data)
        except BaseException:
            (folder / f"crash-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}").write_bytes(data)
            raise

    return run


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # readers of damaged files have much to say
    name = sys.argv.pop(1)
    prefix = "-artifact_prefix="
    folder = next((Path(flag.removeprefix(prefix)) for flag in sys.argv if flag.startswith(prefix)), Path())
    atheris.Setup(sys.argv, kept(TARGETS[name], folder))
    atheris.Fuzz()
