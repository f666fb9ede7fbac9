from __future__ import annotations

import json
import math
import re
import sqlite3
import uuid
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from assistant.tracing.redaction import DEEPEST, Redaction, storable
from assistant.tracing.settings import TraceSettings
from index_store.errors import SettingsError
from tests.made_secrets import KEPT, KEYS, LEAVING, NAMED, PEM, PEOPLE, SETTINGS, SK

QUIET = """
arXiv 2210.03629 and arXiv:2304.09848v2, 1706.03762, DOI 10.1145/3292500.3330701, 10.48550/arXiv.2210.03629
ISBN 978-3-16-148410-0, ISBN 9783161484100, ISBN 0306406152, ISBN 0-306-40615-2, ISSN 0162-1459
ORCID 0000-0002-1825-0097
on 2026-11-23, 23.11.2026, 11/23/2026, 06-12-2017 and 2017-06-12T00:00:00Z; in 1998-2003, since (2020) 1234 1235
page 3, pages 12-15, lines 10-24, cell 7, vol. 33 (2020), 1877-1901
00:12:31 --> 00:12:35.500 and 01:02:03.004
0.01234567890, 3.14159265358979, -0.00123456789012, +0.12345678, +1.5 2.5 3.5 4.5, 0.71 (+12.34 / 56.78), 1e+1234567
version 2.2.7, 0.14.25, 1.2.3.4, 192.168.0.10, 10.0.0.1:8080
175,000,000 parameters, 1 300 000 tokens, 175 000 000 000, +10 000 000 points, +1000000000, 1.300.000
512 768 1024, 100 200 3000, [1, 2, 3, 4, 5, 6, 7], 1 2 3 4 5 6 7 8 9 10, 01 02 03 04 05
0101 0110 0111, 0100 1000, 012 345 678, step 0012 3456 7890, 0x1234567890, IMG_20230405_123456
3f2a9c7e1b4d4e6f8a0b1c2d3e4f5a6b, gpt-4-0613, claude-3-5-sonnet-20241022
@decorator and @app.route("/x"), x = a @ b, Q@K.transpose(1), q@k.view, P@5, recall@k.
https://medium.com/@someone/article, https://x.org:8080/user/@foo, https://example.org/a:b/c@d
token: 12, max_tokens=4096, token = tokenizer_outputs[0], num_token: 1234567890123, eos_token="<|endoftext|>"
tokenizer="cl100k_base_2023", token="tok_embeddings_weight_0", sort_key = lambda x: x, primary_key: 12
the secret is practice; secret: the model learns nothing; Password: use a long one
api_key=os.environ["OPENAI_API_KEY"], api_key = settings.api_key, api_key: str, api_key=None
api_key="your-api-key", password = getpass(), password=args.password, api_key="<key>", api_key="..."
COMET_API_KEY = "API_KEY", COMET_API_KEY = "COMET_API_KEY"
sk-learn-compatible-estimators, task-specific, bearer of bad news, the bearer token-authentication-scheme is
-----BEGIN CERTIFICATE-----
"""


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("around", ["{}", "say {}.", '"{}"', "`{}`", "<b>{}</b>", "x={},", "({})", "Key:{}\n"])
def test_a_key_is_hidden_in_what_is_kept_and_in_what_leaves(key: str, around: str) -> None:
    for redaction in (KEPT, LEAVING):
        assert redaction.text(around.format(key)) == around.format("[key]")


@pytest.mark.parametrize("key", KEYS)
def test_a_key_within_json_within_json_is_hidden(key: str) -> None:
    once = json.dumps({"text": f"line\n{key}\tand"})
    shown = KEPT.text(once)
    assert json.loads(shown) == {"text": "line\n[key]\tand"}
    assert key not in json.loads(KEPT.text(json.dumps(once)))


@pytest.mark.parametrize(("text", "value"), NAMED)
def test_what_is_called_a_key_is_hidden(text: str, value: str) -> None:
    shown = KEPT.text(text.format(value))
    assert "[key]" in shown
    assert not any(piece in shown for piece in re.split(r"[@/]", value) if len(piece) > 3)
    assert KEPT.text(f"before {text.format(value)}\nafter") == f"before {shown}\nafter"


@pytest.mark.parametrize("cut", ["<b>", "</span>", "\u00ad", "\u200b"])
def test_a_key_that_markup_cuts_is_hidden_whole(cut: str) -> None:
    assert KEPT.text(f"{SK[:12]}{cut}{SK[12:]} and") == "[key] and"


def test_a_private_key_without_its_end_takes_no_prose_with_it() -> None:
    begun = PEM.splitlines()[0]
    assert KEPT.text(f"{begun}\n{'A1b2' * 16}\n{'C3d4' * 16}\nWhat is it?") == "[key]\nWhat is it?"


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in PEOPLE.items() for text in texts])
def test_what_names_a_person_is_hidden_where_everything_is(kind: str, text: str) -> None:
    for around in ("{}", "write: {}, please", '{{"a": "{}"}}', "<a href='mailto:{}'>"):
        assert LEAVING.text(around.format(text)) == around.format(kind)
        assert KEPT.text(around.format(text)) == around.format(text)


@pytest.mark.parametrize("text", ["+49 30 1234567", "0171 1234567", "me@example.org"])
def test_escapes_of_json_are_kept_as_they_are(text: str) -> None:
    kind = "[e-mail]" if "@" in text else "[phone]"
    assert LEAVING.text(json.dumps(f"a\n{text}\tb")) == json.dumps(f"a\n{kind}\tb")


def test_an_address_between_the_marks_of_emphasis_is_hidden() -> None:
    assert LEAVING.text("*me@example.org*, __me@example.org__") == "*[e-mail]*, [e-mail]__"


def test_after_the_word_phone_more_is_taken_for_a_number() -> None:
    assert LEAVING.text("415 555 2671") == "415 555 2671"
    assert LEAVING.text("Call me at 415 555 2671.") == "Call me at [phone]."
    assert LEAVING.text('"phone": "5552671"') == '"phone": "[phone]"'
    assert LEAVING.text("mobile phone 2007-2010") == "mobile phone 2007-2010"


def test_redaction_switched_off_still_hides_keys() -> None:
    off = Redaction(TraceSettings(redact=False), everything=True)
    assert off.text(f"me@example.org, +49 30 1234567, {SK}") == "me@example.org, +49 30 1234567, [key]"


@pytest.mark.parametrize("line", QUIET.strip().splitlines())
def test_what_courses_are_full_of_stays(line: str) -> None:
    assert LEAVING.text(line) == line


def test_ids_of_traces_stay() -> None:
    for n in range(500):
        name = uuid.UUID(int=n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128, version=4)
        assert LEAVING.text(f"{name.hex} {name}") == f"{name.hex} {name}"


def test_ids_stay_whatever_student_numbers_look_like() -> None:
    ids = ["1234567890abcdef", "0171123456712345", uuid.UUID(int=2**100 // 7).hex, str(uuid.UUID(int=2**100 // 7))]
    seven = Redaction(TraceSettings(student_number=r"\d{7}"), everything=True)
    assert seven.value({"id": ids, "text": "of 1234567"}) == {"id": ids, "text": "of [student number]"}
    hexadecimal = Redaction(TraceSettings(secrets=(SecretStr("ab" * 16),)), everything=False)
    assert hexadecimal.text("ab" * 16) == "[key]"


def test_the_sample_course_stays_as_it_is() -> None:
    files = [
        path for path in Path("ingest/sample").rglob("*") if path.suffix in (".md", ".py", ".vtt", ".html", ".csv")
    ]
    assert len(files) > 3
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            assert LEAVING.text(line) == line


def test_values_keep_their_shape() -> None:
    class Colour(Enum):
        RED = 1

    given_ = {"n": 3, "x": 0.5, "no": None, "yes": True, "t": (1, f"to {SK}"), "who": {"me@example.org"}, 7: Colour.RED}
    assert LEAVING.value(given_) == {
        **{"n": 3, "x": 0.5, "no": None, "yes": True},
        **{"t": [1, "to [key]"], "who": ["[e-mail]"], "7": "Colour.RED"},
    }


def test_names_are_redacted_and_none_is_lost() -> None:
    shown = LEAVING.value({"a@example.org": 1, "b@example.org": 2, "c@example.org": 3})
    assert sorted(shown.values()) == [1, 2, 3]
    assert "example" not in str(shown)


def test_a_value_under_the_name_of_a_key_is_hidden() -> None:
    shown = KEPT.value(
        {"api_key": "short", "Password": ["a b"], "token": "attention", "prompt_tokens": 12, "secret": ""}
    )
    assert shown == {"api_key": "[key]", "Password": ["[key]"], "token": "attention", "prompt_tokens": 12, "secret": ""}


def test_numbers_that_json_has_not_become_text() -> None:
    shown = KEPT.value([math.nan, math.inf, -math.inf])
    assert json.loads(json.dumps(shown, allow_nan=False)) == ["nan", "inf", "-inf"]


def test_values_that_hold_themselves_end() -> None:
    round_: dict[str, Any] = {}
    round_["me"] = [round_]
    deep: Any = f"at the ground {SK}"
    for _ in range(5_000):
        deep = [deep]
    for value in (round_, deep, {"password": deep}):
        shown = json.dumps(KEPT.value(value))
        assert "[nested too deep]" in shown
        assert shown.count("[") <= DEEPEST + 5


def test_keys_that_are_configured_never_print() -> None:
    assert "Secret" not in repr(SETTINGS).replace("SecretStr", "")
    assert "KEY12345" not in repr(SETTINGS)


@pytest.mark.parametrize("pattern", [r"(\d+)+x", r"([a-z]*)*\d", r"(?:a{1,9}|b+)*c", r"\d*", ""])
def test_a_pattern_that_could_run_for_ever_or_fits_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(SettingsError, match="LECTERN_STUDENT_NUMBER"):
        TraceSettings(student_number=pattern)


@given(st.text(st.characters(), max_size=60), st.sampled_from(["\ud800", "\udfff", "\x00", "\ud83d\ude00", "ok"]))
def test_what_is_storable_fits_sqlite_and_json(text: str, odd: str) -> None:
    said = storable(text + odd + text)
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute("SELECT ?", (said,)).fetchone() == (said,)
    connection.close()
    assert "\\u0000" not in json.dumps(said)
    assert storable(said) == said
    assert storable("ordinary") == "ordinary"
    said.encode()
