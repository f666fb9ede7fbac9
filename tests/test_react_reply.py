"""Replies in ReAct form: what is read, what is refused, and that a stream gives what the whole gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.react_reply import MalformedReply, Reply, ReplyReader, read_reply

ACTION = 'Thought: Look it up.\nAction: course_search\nAction Input: {"query": "few-shot"}'


def test_an_action_has_thought_name_and_arguments() -> None:
    assert read_reply(ACTION) == Reply("Look it up.", "course_search", {"query": "few-shot"})


def test_an_answer_has_its_thought() -> None:
    assert read_reply("Thought: I know.\nAnswer: It is so [1].") == Reply("I know.", answer="It is so [1].")


def test_text_without_any_label_is_an_answer() -> None:
    assert read_reply(" Plainly so [1].\n") == Reply(answer="Plainly so [1].")


@pytest.mark.parametrize("label", ["Answer:", "**Answer:**", "**Answer**:", "Final Answer:", "  Answer:"])
def test_labels_may_be_marked_up(label: str) -> None:
    assert read_reply(f"Thought: ok\n{label} **ReAct** acts.").answer == "**ReAct** acts."


def test_an_observation_that_the_model_made_up_is_not_read() -> None:
    reply = read_reply(f'{ACTION}\nObservation: {{"all": "lies"}}\nThought: done\nAnswer: lies')
    assert reply == read_reply(ACTION)


def test_a_second_action_in_one_reply_is_not_read() -> None:
    assert read_reply(f'{ACTION}\nThought: more\nAction: calculate\nAction Input: {{"x": 1}}') == read_reply(ACTION)


def test_an_answer_that_shows_the_form_is_taken_whole() -> None:
    shown = "A step looks like this:\nThought: I look.\nAction: search\nObservation: found [1]."
    assert read_reply(f"Thought: explain\nAnswer: {shown}").answer == shown


@pytest.mark.parametrize(
    "written",
    [
        "{'query': 'few-shot'}",
        '```json\n{"query": "few-shot"}\n```',
        '{"query": "few-shot",}',
        'Sure: {"query": "few-shot"} and so on',
        "{query: 'few-shot'}",
    ],
)
def test_arguments_are_read_as_small_models_write_them(written: str) -> None:
    assert read_reply(f"Action: course_search\nAction Input: {written}").arguments == {"query": "few-shot"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("Thought: hm", "neither an action nor an answer"),
        ("Thought: hm\nAnswer:   \n", "nothing behind"),
        ("Action: search\nAction Input: few-shot", "JSON object"),
        ("Action: search\nAction Input: {", "no valid JSON"),
        ("Action: search the web for it\nAction Input: {}", "name of one tool"),
        ("Action: search(query='x')\nAction Input: {}", "name of one tool"),
        ('Thought: a\nAction Input: {"query": "x"}', "no line `Action:`"),
        ("Observation: I saw it.", "neither an action nor an answer"),
    ],
)
def test_a_reply_of_no_use_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(MalformedReply, match=said):
        read_reply(text)


def test_a_stream_is_over_where_an_observation_is_made_up() -> None:
    reader = ReplyReader()
    reader.feed(ACTION)
    assert not reader.is_over
    reader.feed("\nObservation: ")
    assert reader.is_over


def test_a_stream_without_an_end_is_over_at_some_time() -> None:
    reader = ReplyReader()
    for _ in range(60):
        reader.feed("Answer: and on " * 100)
    assert reader.is_over


ACTED = ["\nAction: go", "\nAction Input: {}", "\nObservation: x"]
LABELS = [*ACTED, "Thought: ", "\nAnswer:", "Answer: ", "**Answer**: "]
PIECES = st.sampled_from([*LABELS, " ", "\n", "it is [1]", "Answer", ":", "*", "."])


@given(st.lists(PIECES, max_size=12), st.data())
def test_however_a_reply_is_split_its_answer_is_the_same(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    reader = ReplyReader()
    said = "".join(reader.feed(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))
    whole = ReplyReader()
    assert said == whole.feed(text)
    if said:
        assert read_reply(text).answer == said.strip()


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for written in (
        text,
        f"Thought: {text}",
        f"Action: a\nAction Input: {text}",
        f"Action: {text}\nAction Input: {{}}",
    ):
        try:
            reply = read_reply(written)
        except MalformedReply:
            continue
        assert bool(reply.action) != (reply.answer is not None)


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=30) | st.integers(), max_size=4))
def test_valid_json_is_read_exactly(arguments: dict[str, object]) -> None:
    assert read_reply(f"Action: a\nAction Input: {json.dumps(arguments)}").arguments == arguments
