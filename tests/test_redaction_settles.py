from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from assistant.tracing.redaction import LONGEST_REMEMBERED, Redaction
from assistant.tracing.settings import TraceSettings
from tests.made_secrets import KEPT, KEYS, LEAVING, NAMED, PEM, PEOPLE, SK

PIECES = [
    *KEYS, *(text.format(value) for text, value in NAMED), *(t for texts in PEOPLE.values() for t in texts),
    *("password=", "token: ", '"', "\\", "'", "\\n", "@", "+", "(0)", "-", ".", " ", "/", "[key]", "[", "]", "x"),
    *("1 ", "İ", "bearer ", "sk-", "://", ":", "eyJ", "a", "0171", "</b>", "*", "phone ", "\n"),
]  # fmt: skip

SETTLED = [
    (f"disk-{SK}", "disk-[key]"),
    ("password=api\\_key=abcdef12345password=", "password=[key]"),
    ("password=x,[key]", "password=[key]"),
    ("İpassword=hunter2", "İpassword=[key]"),
    ("+49 30 1234567 0171 1234567, room 3 (030) 1234567", "[phone] [phone], room 3 [phone]"),
    ("+49 30 1234567[+1 (415) 555-26710171", "[phone][+1 (415) 555-26710171"),
]


@pytest.mark.parametrize(("text", "shown"), SETTLED)
def test_what_stands_close_together_settles_at_once(text: str, shown: str) -> None:
    assert LEAVING.text(text) == shown
    assert LEAVING.text(shown) == shown


@pytest.mark.parametrize(
    "number", ["+1 100 567 8901", "+34 1 2 3 4 5 67", "012 34567", "0171 1234567890", "+49 1500000", "x@self.weight"]
)
def test_what_only_looks_like_a_number_or_an_address_stays(number: str) -> None:
    assert LEAVING.text(number) == number


def test_the_longer_of_two_keys_is_hidden_first() -> None:
    both = Redaction(TraceSettings(secrets=(SecretStr("first1"), SecretStr("first1-second2"))), everything=False)
    assert both.text("of first1-second2") == "of [key]"


OTHERS = PIECES[len(KEYS) :]


@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_what_was_hidden_once_stays_as_it_is(pieces: list[str]) -> None:
    for redaction in (KEPT, LEAVING):
        once = redaction.text("".join(pieces))
        assert redaction.text(once) == once


@given(st.lists(st.sampled_from(OTHERS), max_size=4), st.sampled_from(KEYS[:4]), st.lists(st.sampled_from(OTHERS)))
def test_no_key_is_left_whatever_stands_around_it(before: list[str], key: str, after: list[str]) -> None:
    assert key[8:] not in KEPT.text(f"{''.join(before)} {key} {''.join(after)}")


@given(st.text(alphabet="aA0 .:=\"'\\\n-_@", max_size=200))
def test_texts_that_are_remembered_and_those_that_are_too_long_are_treated_alike(text: str) -> None:
    filler = "\nword" * (LONGEST_REMEMBERED // 5 + 1)
    assert LEAVING.text(text + filler) == LEAVING.text(text) + filler


UNITS = [
    *("a", "@", "a@", "a@a.", "@a.", "1", "1 ", "0-", "+1", "(", "(0) ", "sk-", "sk-`", "sk-<b>", "eyJ", "-eyJ"),
    *("eyJaaaaaaaa.", PEM.splitlines()[0], "-", "://", "://a:", "password:", 'password="', 'password="\\"', "token:"),
    *("token=a", "bearer a", "\\", '"', "_key=", "api_key=aaaaaaaaaaaaa_", "0049 ", "415-555-2671-", "tel 1234567x"),
    *("İpassword=", "%40a.", "hf_<b></b>", "token</b>", "a-", "a`"),
]


@pytest.mark.parametrize("unit", UNITS)
def test_no_text_takes_more_than_its_length(unit: str) -> None:
    """A pattern that goes back and forth needs minutes here, and more."""
    for text in (
        unit * (100_000 // len(unit)),
        f"sk-{unit * 100_000}"[:100_000],
        f"password='{unit * 100_000}"[:100_000],
    ):
        assert LEAVING.text(text) is not None
