"""The embedding server fails while questions are asked, and while files are ingested."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.api_server import Served, served_api
from tests.course import write_course
from tests.embedding_server import EmbeddingServer, Reply
from tests.faults.recording import Watch
from tests.faults.serving import ask, latest
from ui.cli import cli

FAMILY = "The embedding server"
pytestmark = pytest.mark.faults
NAN = b'{"data": [{"index": 0, "embedding": [NaN, 1, 1, 1, 1, 1, 1, 1]}]}'
ASKED: dict[str, tuple[Reply, str]] = {
    "changes the dimension of its vectors": (Reply(dimension=12), "vectors of 12 numbers instead of 8"),
    "answers 500 for as long as it is asked": (Reply(status=500), "out of order"),
    "answers 429 and asks for an hour": (Reply(status=429, headers={"Retry-After": "3600"}), "wait 3600 seconds"),
    "refuses the key": (Reply(status=401), "wants a key"),
    "hangs up on every request": (Reply(drop=True), "No answer"),
    "hangs": (Reply(hang=True), "nothing came for 1 seconds"),
    "hangs up in the middle of the vectors": (Reply(cut=True), "No answer"),
    "gives what is no number": (Reply(body=NAN), "what is no number"),
    "gives a vector of nothing but zeros": (Reply(vectors=[[0.0] * 8]), "a vector is zero"),
    "gives no vector": (Reply(vectors=[]), "it has 0 vectors"),
    "gives a page of HTML": (Reply(body=b"<html>It works!</html>"), "no list of embeddings"),
    "gives words in place of numbers": (Reply(vectors=[["a"] * 8]), "no numbers"),
}


def environment(server: EmbeddingServer) -> dict[str, str]:
    return {"LECTERN_EMBEDDING": "compatible:double", "OPENAI_BASE_URL": server.url, "LECTERN_MODEL": "m"}


def run(home: Path, server: EmbeddingServer, *arguments: str) -> Result:
    return CliRunner(env={"LECTERN_HOME": str(home), **environment(server)}).invoke(cli, list(arguments))


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as found:
        yield found


@pytest.fixture(autouse=True)
def sound(server: EmbeddingServer) -> Iterator[None]:
    server.default = Reply()
    yield
    server.default = Reply()


@pytest.fixture(scope="module")
def folder(server: EmbeddingServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("embedded")
    done = run(found / "home", server, "ingest", str(write_course(found / "course")))
    assert done.exit_code == 0, done.output
    return found


@pytest.fixture(scope="module")
def served(folder: Path, server: EmbeddingServer) -> Iterator[Served]:
    """Served in quoting mode, with short waits for the embedding server."""
    values = environment(server)
    with served_api(folder / "home", store={"embedding_timeout_s": 1.0, "backoff_s": 0.05}, **values) as found:
        yield found


@pytest.mark.fault(holds="an error in words with the next step; the turn is kept as failed; then it works again")
@pytest.mark.parametrize(("reply", "words"), ASKED.values(), ids=ASKED)
def test_a_question_meets_it(reply: Reply, words: str, served: Served, server: EmbeddingServer, watch: Watch) -> None:
    assert search(served) is None
    server.default = reply
    with watch.answer():
        said = ask(served.address)
    assert said.kind == "EmbeddingServerFailed" and words in said.error and said.hint, said
    assert latest(served)["status"] == "error"
    server.default = Reply()
    with watch.recovery():
        assert search(served) is None


def search(served: Served) -> str | None:
    """Search as a page does; give what went wrong."""
    from index_store.errors import LecternError

    try:
        return None if served.parts.library.searcher.search("glaze") else "nothing was found"
    except LecternError as exc:
        return str(exc)


INGESTED: dict[str, Reply] = {
    "answers 500 in the middle of an ingest": Reply(status=500),
    "changes its dimension in the middle of an ingest": Reply(dimension=12),
    "gives too few vectors in the middle of an ingest": Reply(vectors=[[1.0] * 8]),
    "hangs up in the middle of an ingest": Reply(drop=True),
}


@pytest.mark.fault(holds="told in words; what was there is found; the same command goes on and embeds nothing twice")
@pytest.mark.parametrize("reply", INGESTED.values(), ids=INGESTED)
def test_an_ingest_meets_it(
    reply: Reply, folder: Path, server: EmbeddingServer, tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_store.retries.random.uniform", lambda low, high: 0.01)
    home = Path(shutil.copytree(folder / "home", tmp_path / "home"))
    more = tmp_path / "more"
    more.mkdir()
    for n in range(300):
        (more / f"{n}.txt").write_text(f"Lesson {n} is on slips, lesson {n + 1} on ribs.")
    before = len(server.requests)
    # One asks for the dimension; then there are 32 texts in each, and the first 256 are a batch that is kept.
    server.script(Reply(), *[Reply()] * 8, *[reply] * 8)
    with watch.answer():
        failed = run(home, server, "ingest", str(more))
    assert failed.exit_code == 3 and "Error: " in failed.output and "Traceback" not in failed.output, failed.output
    server._script.clear()
    assert "glazes.md" in run(home, server, "search", "glaze", "--json").output
    with watch.recovery():
        done = run(home, server, "ingest", str(more))
    assert done.exit_code == 0, done.output
    sent = [text for request in server.requests[before:] for text in request.texts if "Lesson" in text]
    assert len(set(sent)) == 300
    assert [sent.count(text) for text in sent[:256]] == [1] * 256
