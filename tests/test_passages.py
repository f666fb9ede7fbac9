"""Which addresses a user names to be read, and what a question is without them."""

from __future__ import annotations

import pytest

from assistant.passages import named_pages, without_addresses


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What does http://127.0.0.1:8000/x say?", ["http://127.0.0.1:8000/x"]),
        ("Read http://[::1]:8000/x and localhost:80/a.", ["http://[::1]:8000/x", "http://localhost:80/a"]),
        ("What does kiln.example.com say about clay?", ["https://kiln.example.com"]),
        ("Is clay on www.uni-x.edu/page?", ["https://www.uni-x.edu/page"]),
        ("Does example.org's page mention clay?", ["https://example.org"]),
    ],
)
def test_every_way_to_name_a_page_is_known(question: str, named: list[str]) -> None:
    assert named_pages(question) == named


@pytest.mark.parametrize(
    "question",
    [
        "When was Amazon.com founded?",
        "What does lesson.md say about train.py?",
        "Mail a@example.com",
        "Is 10.0.0.0/8 one?",
        "Which lesson uses torch.nn, os.path and Node.js?",
        "OpenAI(base_url='http://localhost:11434/v1')",
    ],
)
def test_names_files_and_code_are_no_pages(question: str) -> None:
    assert named_pages(question) == []


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What does https://a.example/x say about clay?", "What does it say about clay?"),
        ("What do https://a.example/x and b.com/y say about clay?", "What do they say about clay?"),
        ("Read www.a.com/x and tell me what clay is.", "Read it and tell me what clay is."),
        ("Does https://a.example/x's author like clay?", "Does its author like clay?"),
        ("See https://a.example/x. What is clay?", "What is clay?"),
        ("https://a.example/x What is clay?", "What is clay?"),
        ("Who runs the site https://a.example/x?", "Who runs the site?"),
    ],
)
def test_a_question_without_its_address_can_be_read(question: str, asked: str) -> None:
    assert without_addresses(question, named_pages(question)) == asked
