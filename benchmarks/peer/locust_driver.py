"""A class as locust runs it: each student asks, reads the stream to its end, asks again. Imports nothing of ours.

    locust -f locust_driver.py --headless --users 50 --spawn-rate 5 --run-time 60s --host http://127.0.0.1:8000/v1

What each chat took is written to the file that MEASURED names, when all is over: seconds since the start at which it
began and ended, seconds to its first word, and whether it came to a good end. Chats that the end cuts off are left out.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from gevent import sleep
from locust import HttpUser, constant, events, task

FIRST = b"Firstword"
BODY = {
    "model": os.environ.get("MODEL", "lectern"),
    "messages": [{"role": "user", "content": "What is ReAct and when would I use it?"}],
    "stream": True,
}
chats: list[dict[str, Any]] = []
started = time.perf_counter()


class Student(HttpUser):
    """Asks the same question again and again."""

    wait_time = constant(0)

    @task
    def chat(self) -> None:
        """Hold one chat."""
        begun, first, ended = time.perf_counter(), None, False
        with self.client.post("/chat/completions", json=BODY, stream=True, catch_response=True) as response:
            status = response.status_code
            for line in response.iter_lines() if status == 200 else ():
                if first is None and FIRST in line:
                    first = time.perf_counter() - begun
                ended = ended or line == b"data: [DONE]"
            fine = ended and first is not None
            if fine:
                response.success()
            else:
                response.failure(f"status {status}")
        now = time.perf_counter()
        chats.append(
            {"begun_s": begun - started, "ended_s": now - started, "first_s": first, "fine": fine, "status": status}
        )
        if not fine:
            sleep(1)


@events.test_start.add_listener
def begin(**_: Any) -> None:
    """Count from here, so that neither imports nor start count."""
    global started
    started = time.perf_counter()


@events.quitting.add_listener
def write(**_: Any) -> None:
    """Write what was measured, with the CPU seconds of this process."""
    Path(os.environ["MEASURED"]).write_text(json.dumps({"chats": chats, "cpu_s": time.process_time()}))
