"""What the embedding model gets to read of a text."""

from hypothesis import given
from hypothesis import strategies as st

from index_store.embedded_text import embedded_text, words_in


def test_addresses_and_marks_of_layout_are_left_out() -> None:
    text = "| 3) **ReAct** - acts. | [Paper](https://arxiv.org/abs/2210.03629), see https://example.org/a?b=c. |\n|---|"
    assert words_in(text) == "3) ReAct - acts. Paper , see"


def test_a_heading_stands_on_a_line_of_its_own() -> None:
    assert embedded_text("Course > Lesson", "text") == "Course > Lesson\ntext"
    assert embedded_text("", "text") == "text"


def test_a_text_that_is_nothing_else_stays_as_it_is() -> None:
    assert words_in("https://example.org") == "https://example.org"
    assert words_in("-----") == "-----"


@given(st.text(alphabet="abc XYZ.,\n", max_size=80))
def test_plain_words_all_stay_in_order(text: str) -> None:
    assert words_in(text).split() == text.split()


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_none_is_lost_whole(text: str) -> None:
    assert bool(words_in(text)) == bool(text)
