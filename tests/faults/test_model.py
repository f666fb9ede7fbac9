"""The model's server fails in every way that a server can; a class goes on asking."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api_server import Served, served_api
from tests.faults.memory import growth
from tests.faults.recording import Watch
from tests.faults.serving import ANSWER, ask, latest, stream
from tests.model_server import ModelServer, Reply, failing
from tests.web_site import closed_port

FAMILY = "The model's server"
pytestmark = pytest.mark.faults
QUICK = {"connect_timeout_s": 1.0, "request_timeout_s": 2.0, "deadline_s": 8.0, "backoff_s": 0.1}
"""Seconds: silence is told after two, and a reply is given up after eight."""
FINE = Reply(ANSWER)
STREAM = "text/event-stream"


def chunk(content: object, finish: str | None = None) -> str:
    """Give a piece of a stream with any content."""
    return json.dumps({"model": "m", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}]})


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as found:
        yield found


@pytest.fixture(scope="module")
def served(api_home: Path, model: ModelServer) -> Iterator[Served]:
    with served_api(api_home, model=QUICK, OPENAI_BASE_URL=model.url, LECTERN_MODEL="m") as found:
        yield found


@pytest.fixture(autouse=True)
def sound(model: ModelServer) -> Iterator[None]:
    model.default = FINE
    model.embeddings.clear()
    yield
    model.default = FINE


PASSING = {
    "is slow to begin": Reply(ANSWER, delay_s=1.0),
    "is slow with every word": Reply(ANSWER, piece_delay_s=0.2),
    "hangs up once without an answer": Reply(drop=True),
    "cuts the stream once before its first word": Reply(ANSWER, cut_after=0),
    "answers 429 once": failing(429, "Slow down."),
    "answers 429 once and asks for a second (Retry-After)": failing(429, "Slow down.", headers={"Retry-After": "1"}),
    "answers 500 once": failing(500, "Out of order."),
    "answers 502 once, with a proxy's page": Reply(
        status=502, body=b"<html>Bad Gateway</html>", content_type="text/html"
    ),
    "answers 503 once while it loads the model": failing(503, "Loading model", headers={"Retry-After": "1"}),
}


@pytest.mark.fault(holds="the turn is answered, and kept once")
@pytest.mark.parametrize("reply", PASSING.values(), ids=PASSING)
def test_what_passes_is_waited_out_within_the_turn(
    reply: Reply, served: Served, model: ModelServer, watch: Watch
) -> None:
    model.script(reply)
    with watch.answer():
        said = ask(served.address)
    assert said.answered, said
    assert latest(served)["status"] == "ok"


LASTING: dict[str, tuple[Reply, str, str]] = {
    "hangs before its headers": (Reply(hang=True), "ModelUnreachable", "fell silent"),
    "sends headers without end": (Reply(endless_head=True), "ModelUnreachable", "cut before the end"),
    "hangs up on every request": (Reply(drop=True), "ModelUnreachable", "cut before the end"),
    "answers 429 for as long as it is asked": (failing(429, "Slow down."), "ModelOverloaded", "overloaded"),
    "answers 429 and asks for an hour": (
        failing(429, "Come back later.", headers={"Retry-After": "3600"}),
        "ModelOverloaded",
        "overloaded",
    ),
    "answers 500 for as long as it is asked": (failing(500, "Out of order."), "ModelOverloaded", "out of order"),
    "answers 503 for as long as it is asked": (failing(503, "No."), "ModelOverloaded", "out of order"),
    "says that the quota is used up": (failing(429, "Quota.", code="insufficient_quota"), "ModelOverloaded", "quota"),
    "refuses the key (401)": (failing(401, "No such key."), "ModelDenied", "key"),
    "has lost the model (404)": (failing(404, "model gone", code="model_not_found"), "ModelUnknown", "has no model"),
    "answers what is no JSON": (Reply(body=b'{"choices": [{"mess'), "ModelReplyBroken", "cannot be used"),
    "answers a page of HTML": (
        Reply(body=b"<html>It works!</html>", content_type="text/html"),
        "ModelReplyBroken",
        "no stream of chunks",
    ),
    "streams JSON of another shape": (Reply(events=('{"choices": "none"}',)), "ModelReplyBroken", "cannot be used"),
    "streams numbers in place of words": (Reply(events=(chunk(7),)), "ModelReplyBroken", "cannot be used"),
    "streams half a line of JSON": (Reply(events=('{"choices": [{"del',)), "ModelReplyBroken", "cannot be used"),
    "streams bytes that are no UTF-8": (
        Reply(body=b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n', content_type=STREAM),
        "ModelReplyBroken",
        "cannot be used",
    ),
    "streams no choices, and ends": (Reply(events=('{"choices": []}',)), "ModelReplyBroken", "cut before the end"),
    "answers with nothing": (Reply(""), "ModelReplyBroken", "answered with nothing"),
    "answers with white space": (Reply(" \n \t "), "ModelReplyBroken", "answered with nothing"),
    "sends comments and no word, for ever": (
        Reply(endless=b": still loading\n\n", piece_delay_s=0.05),
        "ModelUnreachable",
        "not done within",
    ),
    "sends pieces without a choice, for ever": (
        Reply(endless=b'data: {"choices": []}\n\n', piece_delay_s=0.01),
        "ModelUnreachable",
        "not done within",
    ),
}


@pytest.mark.fault(holds="an error in words with the next step; the turn is kept as failed; the next is answered")
@pytest.mark.parametrize(("reply", "kind", "words"), LASTING.values(), ids=LASTING)
def test_what_lasts_is_told_and_the_next_turn_is_answered(
    reply: Reply, kind: str, words: str, served: Served, model: ModelServer, watch: Watch
) -> None:
    model.default = reply
    with watch.answer():
        said = ask(served.address)
    assert said.status >= 500 and said.kind == kind and words in said.error and said.hint, said
    kept = latest(served)
    assert (kept["status"], kept["error_type"]) == ("error", said.kind)
    model.default = FINE
    with watch.recovery():
        assert ask(served.address).answered


BROKEN = {
    "cuts the stream in the middle of a sentence": Reply(ANSWER, cut_after=5),
    "falls silent in the middle of a sentence": Reply(ANSWER, hang_after=5),
    "turns to garbage in the middle of a sentence": Reply(events=(chunk("Stoneware "), chunk("is "), '{"cho')),
    "sends an error in the middle of a sentence": Reply(
        events=(chunk("Stoneware "), chunk("is "), '{"error": {"message": "CUDA out of memory", "code": 500}}')
    ),
    "ends without saying why": Reply(ANSWER, finish=None, done=False),
}


@pytest.mark.fault(holds="the stream ends with an error in words; what was said is kept; the next turn is answered")
@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN)
def test_a_stream_that_breaks_is_told_and_kept(reply: Reply, served: Served, model: ModelServer, watch: Watch) -> None:
    model.default = reply
    with watch.answer():
        trace, pieces, error = stream(served.address)
    assert "broke off" in error["message"], error
    kept = latest(served)
    assert (kept["id"], kept["status"]) == (trace, "error")
    assert "".join(pieces).startswith("Stoneware") and kept["answer"].startswith("".join(pieces).strip())
    model.default = FINE
    with watch.recovery():
        assert stream(served.address)[2] == {}


FLOODS = {
    "sends one line without end": Reply(endless=b"data: " + b"x" * 65_536),
    "sends words without end": Reply(endless=f"data: {chunk('and so on ' * 500)}\n\n".encode()),
    "sends one word of eight million letters": Reply(pieces=("x" * 8_000_000,)),
}


@pytest.mark.fault(holds="an error in words; memory stays bounded; the next turn is answered")
@pytest.mark.parametrize("reply", FLOODS.values(), ids=FLOODS)
def test_a_flood_is_cut(reply: Reply, served: Served, model: ModelServer, watch: Watch) -> None:
    model.default = reply
    with watch.answer(), growth() as grown:
        said = ask(served.address)
    assert said.hint and any(words in said.error for words in ("longer than", "not done within")), said
    assert grown.bytes < 300_000_000, f"{grown.bytes:,}"
    model.default = FINE
    with watch.recovery():
        assert ask(served.address).answered


@pytest.mark.fault(holds="told within seconds with the address; answers once the server is there, without a restart")
def test_it_is_not_there_and_comes_up_later(api_home: Path, watch: Watch) -> None:
    port = closed_port()
    address = f"http://127.0.0.1:{port}/v1"
    with served_api(api_home, model=QUICK, OPENAI_BASE_URL=address, LECTERN_MODEL="m") as served:
        with watch.answer():
            said = ask(served.address)
        assert said.kind == "ModelUnreachable" and address in said.error and said.hint
        with ModelServer(port=port) as model:
            model.default = FINE
            with watch.recovery():
                assert ask(served.address).answered
