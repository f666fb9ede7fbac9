"""How the tag page shows what was found: of several abstracts each by itself, also side by side."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from assistant.tag_replies import Placed
from assistant.tagged import Tagged
from assistant.tagging import Tagger
from assistant.tagging_rules import Tag
from assistant.tracing.records import Origin
from ui.tags_view import compared_html, compared_json, half_compared_html, tagged_html, tags_json

TWO = "We use BERT & T5 here.\n---\nWe ask BERT about the sea."
ONE = "We ask BERT of towns.\n\nTowns are old, and nobody knows them."


class Says:
    """Finds what it is told to find, and drops the rest."""

    def __init__(self, *names: str) -> None:
        self._names = names

    async def find(self, abstract: str) -> Placed:
        there = [name for name in self._names if name in abstract]
        tags = tuple(Tag(abstract.index(name), abstract.index(name) + len(name), name) for name in there)
        return Placed(tags, tuple(name for name in self._names if name not in there))


async def found(text: str, *names: str) -> Tagged:
    tagger = Tagger(None)
    if names:
        tagger._finder = Says(*names)
    return await tagger.tag(text, Origin())


def marked(shown: str) -> list[str]:
    return [unescape(name) for name in re.findall(r"<mark class='lectern-name ?[^>]*>(.*?)</mark>", shown)]


def parts(shown: str) -> list[str]:
    above, *each = re.split(r"<h3>Abstract \d of \d</h3>", shown)
    return [above, *each]


async def test_of_several_abstracts_each_has_its_own_names_count_and_notes() -> None:
    shown = tagged_html(TWO, await found(TWO, "BERT", "T5"), "v1 <m>")
    above, first, second = parts(shown)
    assert "2 abstracts were found" in above and "v1 &lt;m&gt;" in above and marked(above) == []
    assert "2 names" in first and marked(first) == ["BERT", "T5"] and "BERT</mark> &amp; " in first
    assert "dropped" not in first
    assert "1 name<" in second and marked(second) == ["BERT"]
    assert "dropped (1): T5" in second and "---" not in shown


async def test_an_abstract_without_a_list_has_no_count_and_says_why() -> None:
    whole = await found(TWO, "BERT")
    first, second = whole.abstracts
    failed = replace(whole, abstracts=(first, replace(second, tags=[], spans=[], notes=("It has no tags.",))))
    last = parts(tagged_html(TWO, failed, "v1"))[2]
    assert "It has no tags." in last and "No model is named" not in last and "name<" not in last


async def test_several_abstracts_are_a_list_of_lists() -> None:
    several = await found(TWO)
    assert json.loads(tags_json(several)) == [["BERT", "T5"], ["BERT"]]
    assert tags_json(await found(ONE)) == '["BERT"]'
    both = json.loads(compared_json(("a", several), ("b", await found(TWO, "T5"))))
    assert both == {"a": [["BERT", "T5"], ["BERT"]], "b": [["T5"], ["NA"]]}


async def test_side_by_side_each_abstract_stands_with_what_both_found_in_it() -> None:
    left, right = ("v1", await found(TWO, "BERT", "T5")), ("v2", await found(TWO, "BERT"))
    above, first, second = parts(compared_html(TWO, left, right))
    assert "In both: 2. Only left: 1. Only right: 0." in above and "2 abstracts were found" in above
    assert marked(first) == ["BERT", "T5"] and "lectern-only'>T5</mark>" in first
    assert marked(second) == ["BERT"] and "lectern-only" not in second
    assert first.count("<section>") == second.count("<section>") == 2
    ours, theirs = second.split("</section>")[:2]
    assert "dropped (1): T5" in ours and "dropped" not in theirs


@pytest.mark.parametrize("beside", [True, False])
async def test_what_is_read_as_one_abstract_is_said_also_side_by_side(beside: bool) -> None:
    one = await found(ONE)
    shown = compared_html(ONE, ("a", one), ("b", one)) if beside else tagged_html(ONE, one, "a")
    assert shown.count("read as one abstract") == 1


async def test_the_first_result_of_several_stands_beside_why_there_is_no_second() -> None:
    shown = half_compared_html(TWO, ("v1", await found(TWO)), ("v2", "<p role='alert'>No.</p>"))
    first, second = shown.split("</section>")[:2]
    assert marked(first) == ["BERT", "T5", "BERT"] and "role='alert'" in second and "v2" in second
