"""A MediaWiki and a LiteLLM proxy on loopback; where they are not installed, their tests skip or, in CI, fail."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.needs import LITELLM, need

HERE = Path(__file__).resolve().parent
KEY = "sk-test-litellm-1234"
CONFIG = f"""\
model_list:
  - model_name: mocked
    litellm_params:
      model: openai/mocked
      api_key: none
      mock_response: "Thought: I know it.\\nAnswer: Stoneware is fired at 1,260 degrees [1]."
  - model_name: plain
    litellm_params: {{model: openai/plain, api_key: none, mock_response: "Hello from behind the proxy."}}
general_settings:
  master_key: {KEY}
"""


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 120) -> None:
    """Wait until an address answers; a process that ended meanwhile fails the test with what it said."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=2).status_code < 500:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer: {log.read_text('utf-8', 'replace')[-2000:]}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def mediawiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the API of a MediaWiki with some pages."""
    need("mediawiki")
    folder, port = tmp_path_factory.mktemp("mediawiki"), free_port()
    log = folder / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["bash", str(HERE / "mediawiki.sh"), str(port), str(folder)], stdout=out, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api.php?action=query&meta=siteinfo&format=json", process, log)
        yield f"http://127.0.0.1:{port}/api.php"
    finally:
        end(process)


@pytest.fixture(scope="session")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a LiteLLM proxy whose models give fixed replies."""
    need("litellm")
    folder, port = tmp_path_factory.mktemp("litellm"), free_port()
    (folder / "config.yaml").write_text(CONFIG)
    log = folder / "log.txt"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(LITELLM), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**environment, "LITELLM_TELEMETRY": "False"},
            cwd=folder,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/liveliness", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        end(process)
