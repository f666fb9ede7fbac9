"""Runs one target under atheris until libFuzzer's own limits end it: python -m tests.fuzz.one TARGET CORPUS -flags."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import atheris

with atheris.instrument_imports(include=["ingest", "assistant", "index_store", "ui"]):
    from ingest.readers import READERS
    from tests.fuzz.targets import TARGETS

    for module in set(READERS.values()):  # each is loaded when it is first needed: too late to be instrumented
        import_module(f"ingest.readers.{module}")

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # readers of damaged files have much to say
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()
