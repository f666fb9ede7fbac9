"""Serves a home to programs in a process of its own: `lectern ui` without its pages, which take long to load.

`python -m tests.faults.server [CALL WHEN DOES FOLDER] ui --port 0`, with a fault as in `launch`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.api_server import served_api
from tests.faults.launch import meet, shift_clock
from ui import delivery

SETTINGS = ("LECTERN_", "OPENAI_", "COMET_")


def main(arguments: list[str]) -> None:
    if arguments[0] == "clock":
        shift_clock(Path(arguments[1]))
    elif arguments[0] != "ui":
        meet(*arguments[:4])
    environment = {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}
    with served_api(Path(environment.pop("LECTERN_HOME")), **environment) as served:
        library = served.parts.library
        worker = delivery.start_worker(library)
        with delivery.kept_up(library.traces):
            sys.stdout.write(f"{served.address}/\n")
            sys.stdout.flush()
            signal.sigwait({signal.SIGTERM})
        if worker is not None:
            worker.close()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # in threads that begin later too
    main(sys.argv[1:])
