"""Follow-ups by plain rules: what leans on the turn before gets its topic; what stands alone is left as it is."""

import pytest

from assistant.followup import carried_on, leans_on_history, stand_alone

HISTORY = [
    {"role": "user", "content": "What is Tree of Thoughts?"},
    {"role": "assistant", "content": "A framework that explores a tree of intermediate thoughts."},
]


@pytest.mark.parametrize(
    "question",
    [
        "Who proposed it?",
        "Thanks! What is it good for?",
        "How do I evaluate it, and with how many rows?",
        "In which year?",
        "And for small models?",
        "What about GPT-4?",
        "How do they differ?",
        "why?",
        "an example",
        "Is that enough for a class?",
    ],
)
def test_questions_that_point_back_lean_on_the_history(question: str) -> None:
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is zero-shot prompting?",
        "What is ReAct and when would I use it?",
        "What is LoRA? How does it work?",
        "Is few-shot prompting better, and does it cost more?",
        "What is overfitting?",
        "Who made GPT-4?",
        "Which metrics suit a tagging task?",
        "Is it possible to train on a laptop GPU?",
        "Is there a model that learns from feedback?",
    ],
)
def test_questions_that_stand_alone_do_not(question: str) -> None:
    assert not leans_on_history(question)
    assert stand_alone(question, HISTORY) == question


def test_a_follow_up_gets_the_topic_of_the_last_question_that_stood_alone() -> None:
    history = [*HISTORY, {"role": "user", "content": "Who proposed it?"}, {"role": "assistant", "content": "Yao."}]
    assert stand_alone("And when?", history) == "What is Tree of Thoughts? Who proposed it? And when?"


def test_this_page_is_the_one_whose_address_is_given() -> None:
    asked = "Summarise this page: https://pages.example/a"
    assert stand_alone(asked, HISTORY) == asked
    assert stand_alone("What does https://pages.example/a say about it?", HISTORY).startswith(
        "What is Tree of Thoughts?"
    )
    assert stand_alone("Summarise this page", HISTORY) != "Summarise this page"


def test_what_was_pasted_before_is_no_topic() -> None:
    history = [{"role": "user", "content": "We present a model of kilns. " * 20}]
    assert stand_alone("Which of them is the largest?", history) == "Which of them is the largest?"


def test_a_long_chain_of_follow_ups_does_not_lose_its_subject() -> None:
    more = ("Who proposed it?", "And when?", "Why then?")
    history = [*HISTORY, *({"role": "user", "content": said} for said in more)]
    assert stand_alone("And where?", history) == "What is Tree of Thoughts? Why then? And where?"
    only_leaning = [{"role": "user", "content": said} for said in more]
    assert stand_alone("And where?", only_leaning) == "And when? Why then? And where?"


@pytest.mark.parametrize("message", ["thanks!", "ok", "Great, thank you"])
def test_thanks_do_not_ask_the_last_question_again(message: str) -> None:
    assert stand_alone(message, HISTORY) == message


def test_without_history_nothing_is_added() -> None:
    assert stand_alone("And when?", []) == "And when?"
    assert stand_alone("And when?", [{"role": "assistant", "content": "Hello."}]) == "And when?"


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("And times 3?", "391 times 3"),
        ("divide that by 2", "divide 391 by 2"),
        ("What's half of that?", "half of 391"),
        ("and squared?", "391 squared"),
        ("What is that raised to the 0.43 power?", "391 raised to the 0.43 power"),
        ("What is 2 + 2?", "What is 2 + 2?"),
    ],
)
def test_a_calculation_goes_on_with_the_result_before(question: str, alone: str) -> None:
    turns = [{"role": "user", "content": "What is 17 * 23?"}, {"role": "assistant", "content": "17 * 23 = 391 [1]"}]
    assert stand_alone(question, turns) == alone


@pytest.mark.parametrize(
    ("asked", "said", "whole"),
    [
        ("What is 15% of 80?", "And of 300?", "What is 15% of 300?"),
        ("What is 15% of 80?", "And 20%?", "What is 20% of 80?"),
        ("100 euros plus 19% VAT", "What about 250 euros?", "250 euros plus 19% VAT"),
        ("What is 17 * 23?", "And 24?", "And 24?"),  # instead of which?
        ("What is few-shot prompting?", "And of 300?", "And of 300?"),
        ("What is the square root of 144?", "5 more?", "12 plus 5"),
        ("80 plus 20% VAT", "And 10% off?", "12 minus 10%"),
        ("15% of 80", "10% less?", "12 minus 10%"),
        ("Split 90 euros between 4 people", "And 6 people?", "Split 90 euros between 6 people"),
        ("Split 90 euros between 4 people", "And 6 labs?", "And 6 labs?"),  # none were spoken of
        ("What is 15% of 80?", "And 20 points?", "And 20 points?"),
    ],
)
def test_a_calculation_is_asked_again_with_another_number(asked: str, said: str, whole: str) -> None:
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": "That makes = 12 [1]"}]
    assert carried_on(said, turns) == whole


def test_a_chain_of_other_numbers_asks_the_first_calculation_each_time() -> None:
    turns = [{"role": "user", "content": "What is 15% of 80?"}, {"role": "assistant", "content": "15% of 80 = 12 [1]"}]
    for number in (300, 500, 700):
        assert carried_on(f"And of {number}?", turns) == f"What is 15% of {number}?"
        turns += [{"role": "user", "content": f"And of {number}?"}, {"role": "assistant", "content": "That is = 1 [1]"}]


@pytest.mark.parametrize(
    "whole", ["By how much percent did it rise from 40 to 50?", "A pen costs 1.20. How much is it for 4 of them?"]
)
def test_a_sum_that_holds_its_numbers_takes_no_topic(whole: str) -> None:
    turns = [{"role": "user", "content": "What is ReAct?"}, {"role": "assistant", "content": "A loop [1]."}]
    assert stand_alone(whole, turns) == whole


def test_a_chain_of_any_length_is_read() -> None:
    turns = 2000 * [{"role": "user", "content": "And of 9?"}, {"role": "assistant", "content": "That is = 1 [1]"}]
    assert carried_on("And of 8?", turns) == "And of 8?"


def test_a_chain_goes_on_with_the_last_result_after_another_number() -> None:
    turns = [
        {"role": "user", "content": "What is 15% of 80?"},
        {"role": "assistant", "content": "15% of 80 = 12 [1]"},
        {"role": "user", "content": "And of 300?"},
        {"role": "assistant", "content": "15% of 300 = 45 [1]"},
    ]
    assert carried_on("times 2?", turns) == "45 times 2"
    assert carried_on("And 20%?", turns) == "What is 20% of 300?"


def test_a_number_in_an_answer_of_words_is_no_result() -> None:
    turns = [
        {"role": "user", "content": "How hot?"},
        {"role": "assistant", "content": "Stoneware needs 1,260 degrees [1]."},
    ]
    assert "1,260" not in stand_alone("Is that hot?", turns)


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("What about 30% off?", "240 minus 30%"),
        ("And with a 10% discount?", "240 minus 10%"),
        ("How about 15% more?", "240 plus 15%"),
        ("with 20% tax?", "240 plus 20%"),
        ("less 5?", "240 minus 5"),
    ],
)
def test_a_percentage_off_or_on_goes_on_with_the_result(said: str, whole: str) -> None:
    assert carried_on(said, [{"role": "assistant", "content": "120 * 2 = 240 [1]"}]) == whole
