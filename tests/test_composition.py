"""An answer is two to five whole sentences that read well in order."""

from __future__ import annotations

from dataclasses import replace

from assistant.composition import choose, render, said_once
from assistant.selection import Candidate, Passage
from assistant.units import units_of


def candidates(text: str, scores: dict[int, float]) -> list[Candidate]:
    """Give the units of a text as candidates, best first; those without a score come last."""
    found = [Candidate(0, n, unit, 0.5, 0.5, scores.get(n, 0.0)) for n, unit in enumerate(units_of(text))]
    return sorted(found, key=lambda c: (-c.score, c.place))


def answer(text: str, scores: dict[int, float]) -> str:
    return render(choose(candidates(text, scores)), [Passage(1, text)]).replace(" [1]", "")


def test_the_best_sentence_brings_the_one_that_it_points_back_to() -> None:
    text = "Celadon is a green glaze from Zhejiang. It is fired at 1280 degrees. Raku cools in open air."
    assert answer(text, {1: 0.9}) == "Celadon is a green glaze from Zhejiang. It is fired at 1280 degrees."


def test_a_caption_is_not_what_a_sentence_points_back_to() -> None:
    text = "Figure 3\n\nIt is fired at 1280 degrees in a kiln. Celadon is a green glaze from Zhejiang."
    assert "Figure 3" not in answer(text, {1: 0.9, 2: 0.8})


def test_an_opening_that_points_to_nothing_is_left_out_when_enough_is_left() -> None:
    text = "The best one for this is celadon. Celadon is a green glaze. Zhejiang made it first, long ago."
    assert answer(text, {1: 0.9, 0: 0.85, 2: 0.8}) == "Celadon is a green glaze. Zhejiang made it first, long ago."


def test_sentences_stand_in_the_order_of_the_text() -> None:
    text = "Clay is dug. Clay is then washed with water. The potter throws the bowl. A kiln fires what was thrown."
    assert answer(text, {3: 0.9, 1: 0.85, 2: 0.8}).startswith("Clay is then washed with water. The potter throws")


def test_what_answers_best_opens_the_answer() -> None:
    text = "Potters drink tea. They rest at noon. Celadon is a green glaze. It is fired hot. Raku cools in open air."
    assert answer(text, {2: 0.9, 3: 0.85, 0: 0.8}) == "Celadon is a green glaze. It is fired hot. Potters drink tea."


def test_a_list_is_given_with_the_line_that_leads_into_it() -> None:
    text = "Three things matter:\n- the clay\n- the glaze\n- the fire\n\nNothing else does."
    assert answer(text, {2: 0.9}) == "Three things matter:\n- the clay\n- the glaze\n- the fire"


def test_a_line_that_leads_into_what_is_not_there_is_no_further_sentence() -> None:
    text = "Celadon is a green glaze. Let us fire a bowl with it:\n\nZhejiang made it first, long ago."
    assert answer(text, {0: 0.9, 1: 0.88, 2: 0.8}) == "Celadon is a green glaze. Zhejiang made it first, long ago."


def test_a_further_sentence_points_back_only_to_what_is_there() -> None:
    text = (
        "Celadon is a green glaze. Potters drink tea. They also eat rice in the workshop. Zhejiang made celadon first."
    )
    assert "They also" not in answer(text, {0: 0.9, 2: 0.75, 3: 0.7})
    assert "They also" in answer(text, {0: 0.9, 1: 0.8, 2: 0.75})
    assert "They also" in answer(text, {0: 0.9, 2: 0.85})  # nearly as good as the best: rather so than not at all


def test_the_sentences_of_one_item_stay_in_its_line() -> None:
    text = "Rules:\n\n- Dry the clay. It takes a week.\n- Fire it slowly."
    assert answer(text, {1: 0.9}) == "Rules:\n- Dry the clay. It takes a week.\n- Fire it slowly."


def test_paragraphs_that_follow_each_other_stay_apart() -> None:
    text = "A bowl has these parts:\n\n**Foot** - what it stands on\n\n**Lip** - where one drinks"
    assert answer(text, {0: 0.9}) == text


def test_a_link_alone_is_no_part_of_a_list() -> None:
    text = "title: On clay in the fire\nurl: https://example.org/abs/2307.03172\nabstract: Clay is soft earth."
    assert "url" not in answer(text, {2: 0.9})


def test_nothing_to_choose_from_gives_nothing() -> None:
    assert render(choose([]), []) == ""


def test_titles_captions_and_the_words_of_pictures_are_not_put_with_an_answer() -> None:
    text = 'Celadon is a green glaze from Zhejiang.\n\n"Celadon Safety"\n\nGlazes and kilns'
    assert answer(text, {0: 0.9, 1: 0.89, 2: 0.88}) == "Celadon is a green glaze from Zhejiang."


def test_of_two_answers_each_sentence_is_said_once_where_it_answers_best() -> None:
    first, second = (
        "It opens at nine. [1] It closes at five. [1] It is green. [2]",
        "It closes at five. [1] It is green. [2]",
    )
    assert said_once([first, second]) == ["It opens at nine. [1] It is green. [2]", "It closes at five. [1]"]
    assert said_once([first, first]) == [first]
    assert said_once(["It opens. [1]", "It opens. [1] It is free. [2]"]) == ["It opens. [1]", "It is free. [2]"]
    assert said_once(["As here. [1]\n\n```\nx\n```", "It is 5 [3]."]) == ["As here. [1]\n\n```\nx\n```", "It is 5 [3]."]
    assert said_once(["No marker here.", second]) == ["No marker here.", second]
    assert said_once([]) == []


def test_what_stands_before_a_clearly_better_sentence_does_not_open_the_answer() -> None:
    text = "Celadon is popular with many potters. Raku was shown first by Chojiro of Kyoto. Celadon is old too."
    assert answer(text, {0: 0.6, 1: 0.9}).startswith("Raku was shown first by Chojiro")


def test_a_number_that_is_asked_for_is_taken_from_the_sentence_near() -> None:
    text = "Pots may be fired twice or more. Nobody has to ask. The limit is four firings. The kiln is red."
    found = [replace(c, lacks_number="four" not in c.unit.text) for c in candidates(text, {0: 0.9, 1: 0.2, 3: 0.4})]
    assert "The limit is four firings." in render(choose(found), [Passage(1, text)])
