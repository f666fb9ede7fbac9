"""A model server in a process of its own that says 15 tokens a second, or as many as it is told.

python -m benchmarks.paced_server TOKENS [PER_SECOND]        # writes its address, serves until standard input ends
"""

from __future__ import annotations

import sys
import threading

from tests.model_server import ModelServer, Reply

PER_SECOND = 15
FIRST = "Firstword"


def paced(tokens: int, per_second: float = PER_SECOND) -> Reply:
    """Give a reply of so many tokens, each after its share of a second; its first word is FIRST."""
    words = [f"{FIRST} ", "ReAct ", "is ", "a ", "prompting ", "method ", "[1]. "]
    pieces = words + ["and "] * (tokens - len(words) - 1) + ["so."]
    return Reply(text="".join(pieces), pieces=tuple(pieces), piece_delay_s=1 / per_second)


def main() -> None:
    """Serve until standard input ends."""
    with ModelServer() as server:
        server.default = paced(int(sys.argv[1]), *map(float, sys.argv[2:3]))
        print(server.url, flush=True)
        threading.Thread(target=sys.stdin.read, daemon=True).run()


if __name__ == "__main__":
    main()
