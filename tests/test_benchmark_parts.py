"""What the benchmarks count with, by hand: layers of a stack, figures of chats, sentences that repeat nothing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.flame import draw, tree
from benchmarks.layers import LAYERS, REST, layer, layers, running
from benchmarks.load import SETTLED_S, figures
from benchmarks.search_scale import RUN, sentences

SERVED = "main (ui/cli.py:9);Runner.run (asyncio/runners.py:118);send (uvicorn/http.py:3);"


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("ask (ui/chat.py:1);query (chromadb/api.py:2)", "vectors (Chroma)"),
        ("ask (gradio/queueing.py:1);dump (pydantic/main.py:2)", "Gradio"),
        ("keep (assistant/tracing/store.py:1);execute (sqlalchemy/engine.py:2)", "keeping the trace (SQLite)"),
        ("answer (assistant/query_engine.py:1);dumps (json/encoder.py:2)", "prompt, citations, checks"),
        ("dumps (json/encoder.py:2)", REST),
    ],
)
def test_a_stack_belongs_to_its_innermost_layer(stack: str, expected: str) -> None:
    assert layer(stack) == expected


def test_threads_that_wait_do_not_count_and_the_rest_is_shared_out() -> None:
    folded = f"{SERVED}ask (ui/chat.py:1) 30\n_worker (concurrent/futures/thread.py:81) 900\nx (gradio/a.py:1) 10"
    stacks = running(folded, 200.0)
    assert stacks == [("send (uvicorn/http.py:3);ask (ui/chat.py:1)", 150.0), ("x (gradio/a.py:1)", 50.0)]
    found = layers(stacks)
    assert (found["page and API"], found["Gradio"], sum(found.values())) == (150.0, 50.0, 200.0)


def test_a_flame_graph_is_svg_with_a_box_for_each_call_as_wide_as_its_share() -> None:
    stacks = [("a (ui/x.py:1);b (gradio/<y>.py:1)", 30.0), ("a (ui/x.py:1)", 70.0)]
    root = ElementTree.fromstring(draw(tree(stacks, layer), "A & B", "ms", list(LAYERS)))
    space = "{http://www.w3.org/2000/svg}"
    boxes = {g.findtext(f"{space}title"): g.find(f"{space}rect") for g in root.findall(f"{space}g")}
    widths = {said: float(box.attrib["width"]) for said, box in boxes.items() if said and box is not None}
    assert widths == {"ui/x: a: 100.0 ms, 100.0%": 1200.0, "gradio: 30.0 ms, 30.0%": 360.0}


def test_chats_that_end_before_all_are_there_do_not_count_but_their_errors_do() -> None:
    def chat(ended: float, first: float | None) -> dict[str, object]:
        return {"begun_s": ended - 10, "ended_s": ended, "first_s": first, "fine": first is not None}

    found = figures([chat(SETTLED_S - 1, None), chat(SETTLED_S + 1, 0.1), chat(SETTLED_S + 2, 0.3)], 4.0)
    assert found["chats_per_s"] == 0.5
    assert found["first_token_p50_s"] == pytest.approx(0.2)
    assert (found["ended"], found["errors"]) == (3, 1)


def test_distractors_repeat_no_run_of_words_and_are_the_same_each_time() -> None:
    plain = "the model reads the prompt and the model writes the answer and the prompt names the model " * 3
    words = plain.split()
    said = sentences(words, 20)
    assert said == sentences(words, 20)
    for sentence in said:
        given = sentence.rstrip(".").split()
        assert not any(" ".join(given[n : n + RUN]) in plain for n in range(len(given) - RUN + 1)), sentence
