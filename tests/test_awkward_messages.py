"""Messages of 20,000 characters in which everything repeats are read at a cost that grows as their length does."""

from __future__ import annotations

import json

from tests.test_endless import run

LONGEST = 20_000
"""Characters that a question may have."""
READ = """
import json
import sys
from assistant.asked import asked_for, asks_address, asks_limit, asks_number, called_by_name, deed_asked_for
from assistant.asked import has_address, has_number, tells_limit, things_named
from assistant.courtesy import reply_to
from assistant.demands import demanded, demands
from assistant.followup import leans_on_history, stand_alone
from assistant.languages import language_of
from assistant.leaning import leans
from assistant.passages import named_pages, without_addresses
from assistant.pasted import abstract_in, wants_else, wishes_beside
from assistant.pasted_turns import is_of_own_text, to_tag
from assistant.question_parts import alone, without_calculation
from assistant.tools.asked_arithmetic import expression_in
from assistant.tools.everyday_sums import summed_up
from assistant.tools.conversions import conversion_in
from assistant.tools.calendar_days import span_in
from assistant.tools.word_sums import is_word_sum
from assistant.arrangements import is_code, tells_place_or_time, thing_arranged
from assistant.ways import is_for_agent
for said in json.load(sys.stdin):
    print(repr(said[:40]), file=sys.stderr)
    earlier = [{"role": "user", "content": said}, {"role": "assistant", "content": said}]
    for read in (
        asked_for, asks_address, asks_limit, asks_number, called_by_name, deed_asked_for, has_address, has_number,
        things_named, leans_on_history, named_pages, abstract_in, wants_else, wishes_beside, to_tag, is_of_own_text,
        alone, without_calculation, expression_in, is_word_sum, summed_up, conversion_in, span_in, is_code,
        tells_place_or_time, thing_arranged, leans, reply_to,
        demanded, language_of,
    ):
        read(said)
    demands(said, frozenset(["laptop"]))
    tells_limit("How many may I miss?", said)
    is_for_agent(said, outside=True)
    without_addresses(said, named_pages(said))
    stand_alone("And of 300?", earlier)
    to_tag("Tag it again.", earlier)
"""
PARTS = (
    ", ", "; ", "and ", "? ", "What for? ", " ", "\n", "a.de ", "https://a.de/b ", "how much ", "$", "a",
    "please ", "5 ",
)  # fmt: skip


def test_messages_in_which_everything_repeats() -> None:
    messages = [part * (LONGEST // len(part)) for part in PARTS]
    messages.append("What is attention?" + " And why so?" * 1500 + " Explain.")
    things = ("a", "it", "any", "the", "my", "one", "this", "that", "some", "each")
    messages += [f"{verb} {thing}{' ' * LONGEST}needful?" for verb in ("Is", "Are") for thing in things]
    messages.append(" ".join(f"https://a{n}.de/b" for n in range(1200)))
    run(READ, json.dumps(messages).encode())
