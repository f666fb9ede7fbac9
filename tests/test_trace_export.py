from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tracing import records
from assistant.tracing.export import COLUMNS, csv_rows, to_jsonl, to_openinference
from assistant.tracing.queries import TraceReader
from assistant.tracing.records import Feedback, Review, Span
from assistant.tracing.store import TraceStore
from tests import turns

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def model_span(number: int, parent: str | None, *, template_hash: str = "a9538b4dd7ece48f", **cost: Any) -> Span:
    said = {"messages": [{"role": "system", "content": "Answer."}, {"role": "user", "content": "What is ReAct?"}]}
    about = {records.MODEL: "small", records.PROVIDER: "local", records.TEMPLATE_HASH: template_hash, **cost}
    step = Span(f"{number:016x}", parent, "model", "chat small", turns.BEGAN + 1, said, {"text": "It acts."}, about)
    step.ended_at, step.status = turns.BEGAN + 1.5, "ok"
    return step


def kept(store: TraceStore, steps: list[Span] | None = None, question: str = "What is ReAct?", **given_: Any) -> Any:
    began = turns.start(question)
    store.begin(began)
    store.finish(began, turns.end(**given_), steps or [])
    return began.trace_id


def read(store: TraceStore, trace_id: str) -> dict[str, Any]:
    return TraceReader(store.engine).get(trace_id)


def made(**given_: Any) -> dict[str, Any]:
    """A record as the reader gives it, without a store."""
    known: dict[str, Any] = dict.fromkeys(
        ["ended_at", "searched", "citations", "related", "tags", "template", "template_version", "template_hash"]
        + ["template_variables", "input_tokens", "output_tokens", "embedding_tokens", "price_usd", "error", "user_id"]
    )
    known |= {"id": "ab" * 16, "conversation_id": "c1", "kind": "ask", "face": "web", "status": "ok", "answer": "It."}
    known |= {"started_at": turns.BEGAN, "question": "What?", "mode": "quoting", "provider": "lectern", "model": "q"}
    known |= {"index_fingerprint": "", "tokens_from": "none", "spans": [], "feedback": [], "reviews": []}
    return {**known, **given_}


def table(*found: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(csv_rows(found)), newline="")))


def test_a_line_of_json_holds_the_whole_record(store: TraceStore) -> None:
    record = read(store, kept(store, turns.steps()))
    line = to_jsonl(record)
    assert json.loads(line) == record
    assert len(record["spans"]) == 8


@given(TEXTS, TEXTS)
def test_whatever_was_said_is_one_line_of_json(question: str, answer: str) -> None:
    line = to_jsonl(made(question=f"a\u2028{question}\x85", answer=f"{answer}\r\n\u2029"))
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert line.splitlines() == [line[:-1]]
    assert json.loads(line)["question"] == f"a\u2028{question}\x85"


def test_a_row_of_the_table_says_what_a_reviewer_asks(store: TraceStore) -> None:
    known = kept(store, input_tokens=10, price_usd=0.5, tags=("ReAct", "agents"))
    store.give_feedback(Feedback(known, "down", turns.BEGAN + 9, "Too short.", "u1"))
    store.give_feedback(Feedback(known, None, turns.BEGAN + 10, "", "u1"))
    assert table(read(store, known)) == [
        {
            **{"id": known, "conversation": "c1", "user": "u1", "face": "web", "kind": "ask", "status": "ok"},
            **{"started": "2026-09-21T14:13:20.000Z", "seconds": "2.0", "mode": "quoting", "model": "quoting"},
            **{"question": "What is ReAct?", "answer": "It thinks and acts. [1]", "tags": "ReAct; agents"},
            **{"citations": "05-react.md (lines 8-11)", "votes": "down; taken back", "comments": "Too short."},
            **{"input_tokens": "10", "output_tokens": "", "price_usd": "0.5"},
        }
    ]


def test_the_table_has_its_head_even_if_nothing_is_in_it() -> None:
    assert "".join(csv_rows([])).strip() == ",".join(COLUMNS)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_cell_is_no_formula(sign: str) -> None:
    row = table(made(question=f"{sign}HYPERLINK(1)", user_id=f"{sign}1", tags=[f"{sign}2"]))[0]
    assert [row["question"], row["user"], row["tags"]] == [f"'{sign}HYPERLINK(1)", f"'{sign}1", f"'{sign}2"]


def test_a_number_below_zero_stays_a_number() -> None:
    assert table(made(ended_at=turns.BEGAN - 0.5))[0]["seconds"] == "-0.5"


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_every_text_comes_back_from_the_table(question: str, tags: list[str]) -> None:
    first, second = table(made(question=question, tags=tags), made(question="next"))
    assert first["question"].removeprefix("'") == question.removeprefix("'")
    assert first["tags"].removeprefix("'") == "; ".join(tags).removeprefix("'")
    assert second["question"] == "next"


def test_every_span_hangs_on_the_turn_and_carries_whose_it_is(store: TraceStore) -> None:
    known = kept(store, turns.steps())
    root, *steps = to_openinference(read(store, known))
    assert root["parent_id"] is None
    assert root["context"] == {"trace_id": known, "span_id": known[:16]}
    ids = [span["context"]["span_id"] for span in (root, *steps)]
    assert len(set(ids)) == 9
    for span in steps:
        assert span["parent_id"] in ids
        assert span["context"]["trace_id"] == known
        assert span["attributes"]["session.id"] == "c1"
        assert span["attributes"]["user.id"] == "u1"
    assert [span["span_kind"] for span in (root, *steps[:3])] == ["CHAIN", "RETRIEVER", "CHAIN", "LLM"]
    assert steps[2]["start_time"] == "2026-09-21T14:13:20.200Z"
    assert steps[2]["end_time"] == "2026-09-21T14:13:20.250Z"


def test_the_turn_carries_question_answer_and_tags_in_the_words_of_the_convention(store: TraceStore) -> None:
    root = to_openinference(read(store, kept(store, tags=("ReAct",))))[0]["attributes"]
    assert (root["input.value"], root["input.mime_type"]) == ("What is ReAct?", "text/plain")
    assert (root["output.value"], root["output.mime_type"]) == ("It thinks and acts. [1]", "text/plain")
    assert root["tag.tags"] == ["ask", "web", "quoting", "ok", "ReAct"]
    assert json.loads(root["metadata"])["citations"][0]["locator"] == "lines 8-11"


def test_a_model_call_carries_model_tokens_price_messages_and_template(store: TraceStore) -> None:
    cost = {records.INPUT_TOKENS: 10, records.OUTPUT_TOKENS: 5, records.PRICE_USD: 0.25, records.CACHED_TOKENS: 4}
    more = {records.RESPONSE_MODEL: "small-2", records.FINISH_REASONS: ["stop"], records.TEMPLATE_VERSION: 1}
    calls = [model_span(1, None, template_hash="another"), model_span(2, None, **cost, **more)]
    root, other, answering = to_openinference(read(store, kept(store, calls, input_tokens=10, output_tokens=5)))
    said = answering["attributes"]
    assert {name: said[name] for name in said if name.startswith("llm.")} == {
        "llm.model_name": "small-2",
        "llm.provider": "local",
        "llm.token_count.prompt": 10,
        "llm.token_count.completion": 5,
        "llm.token_count.total": 15,
        "llm.token_count.prompt_details.cache_read": 4,
        "llm.cost.total": 0.25,
        "llm.finish_reason": "stop",
        "llm.prompt_template.version": "1",
        "llm.prompt_template.variables": '{"question": "What is ReAct?", "passages": []}',
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Answer.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.content": "What is ReAct?",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "It acts.",
    }
    assert "llm.prompt_template.variables" not in other["attributes"]
    assert not [name for name in other["attributes"] if "token_count" in name], "not reported is left out, never 0"
    assert not [name for name in root["attributes"] if "token_count" in name], "tokens would count twice"


def test_tokens_stand_at_the_turn_where_no_call_was_recorded(store: TraceStore) -> None:
    root = to_openinference(read(store, kept(store, input_tokens=10, output_tokens=5)))[0]["attributes"]
    assert root["llm.token_count.total"] == 15
    assert root["lectern.prompt.template"] == "answer"


def test_what_was_found_is_listed_as_documents() -> None:
    hits = [{"chunk_id": "h1", "path": "a.md", "locator": "line 1", "score": 0.5}, "odd", {"chunk_id": "h2"}]
    step = {"id": "1" * 16, "parent_id": None, "kind": "retrieve", "name": "search", "started_at": 1.0, "ended_at": 2.0}
    record = made(spans=[{**step, "status": "ok", "error": None, "inputs": None, "outputs": hits, "attributes": None}])
    said = to_openinference(record)[1]["attributes"]
    assert said["retrieval.documents.0.document.id"] == "h1"
    assert said["retrieval.documents.0.document.score"] == 0.5
    assert json.loads(said["retrieval.documents.0.document.metadata"]) == {"path": "a.md", "locator": "line 1"}
    assert said["retrieval.documents.1.document.id"] == "h2"
    assert said["output.mime_type"] == "application/json"


def test_votes_and_verdicts_are_annotations_of_people(store: TraceStore) -> None:
    known = kept(store)
    store.give_feedback(Feedback(known, "up", turns.BEGAN + 9))
    store.give_feedback(Feedback(known, None, turns.BEGAN + 9))
    store.add_review(Review(known, "ann", turns.BEGAN + 9, verdict="partly", comment="Half of it."))
    said = to_openinference(read(store, known))[0]["attributes"]
    assert {name: said[name] for name in said if name.startswith("annotations")} == {
        "annotations.0.annotation.name": "vote",
        "annotations.0.annotation.label": "up",
        "annotations.0.annotation.score": 1,
        "annotations.0.annotation.annotator_kind": "HUMAN",
        "annotations.1.annotation.name": "review",
        "annotations.1.annotation.label": "partly",
        "annotations.1.annotation.explanation": "Half of it.",
        "annotations.1.annotation.annotator_kind": "HUMAN",
    }


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("ok", "OK"),
        ("refused", "OK"),
        ("stopped", "OK"),
        ("error", "ERROR"),
        ("aborted", "ERROR"),
        ("running", "UNSET"),
    ],
)
def test_how_a_turn_ended_is_its_status(status: str, code: str) -> None:
    root = to_openinference(made(status=status, error="The server hung up."))[0]
    assert (root["status_code"], root["status_message"]) == (code, "The server hung up.")
    assert root["end_time"] == root["start_time"]


def test_a_step_whose_parent_is_not_there_hangs_on_the_turn(store: TraceStore) -> None:
    root, step = to_openinference(read(store, kept(store, [model_span(1, "f" * 16)])))
    assert step["parent_id"] == root["context"]["span_id"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)
)


@given(
    json_values,
    json_values,
    st.dictionaries(TEXTS, json_values, max_size=3),
    st.sampled_from(records.SpanKind.__args__),
)
def test_attributes_are_texts_numbers_and_lists_whatever_a_step_holds(
    inputs: Any, outputs: Any, attributes: dict[str, Any], kind: str
) -> None:
    step = {"id": "1" * 16, "parent_id": None, "kind": kind, "name": "step", "started_at": 1.0, "ended_at": 2.0}
    more = {"status": "ok", "error": None, "inputs": inputs, "outputs": outputs, "attributes": attributes}
    for span in to_openinference(made(spans=[{**step, **more}])):
        for value in span["attributes"].values():
            for one in value if isinstance(value, list) else [value]:
                assert isinstance(one, str | bool | int | float)
        assert json.loads(json.dumps(span)) == span


def test_a_prompt_of_no_template_leaves_the_template_out(store: TraceStore) -> None:
    root = to_openinference(read(store, kept(store, prompt=None)))[0]["attributes"]
    assert not [name for name in root if "prompt" in name]
