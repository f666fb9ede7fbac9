"""The tag page in a real browser: names marked and copied, corrections, and whole files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.pages import Page, at, faults_of

pytestmark = [pytest.mark.integration, pytest.mark.needs("chromium")]


@pytest.fixture
def tags(chromium: Any, web_address: str) -> Iterator[Page]:
    page = at(chromium, web_address, "tags")
    yield page
    page.close()


ABSTRACT = (
    "We compare <b>Llama 2</b> with GPT-4 and our model, PotLM, on forty tasks of <img src=x onerror=alert(1)> clay."
)


STAYS = """async () => {
  const typed = () => document.querySelector('#right input, #right textarea')?.value;
  const before = typed();
  for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame);
  return typed() === before;
}"""
"""Whether what is typed is still there some frames later."""


def tagged(page: Page, text: str) -> list[str]:
    page.page.fill("#abstract textarea", text)
    page.page.click("#find-names")
    page.page.wait_for_function("document.querySelector('#json textarea, #json input').value.startsWith('[')")
    names: list[str] = page.page.locator("mark.lectern-name").all_inner_texts()
    return names


def test_names_are_marked_in_the_abstract_and_given_as_json(tags: Page) -> None:
    assert tagged(tags, ABSTRACT) == ["Llama 2", "GPT-4", "PotLM"]
    assert tags.page.input_value("#json textarea, #json input") == '["Llama 2", "GPT-4", "PotLM"]'
    assert "heuristic" in tags.page.locator("#tagged").inner_text()
    assert "<img src=x" in tags.page.locator("#tagged").inner_text()
    assert tags.page.locator("#tagged img").count() == 0


def test_an_abstract_with_its_names_has_no_serious_fault(tags: Page) -> None:
    tagged(tags, ABSTRACT)
    assert faults_of(tags) == []


def test_the_example_is_filled_in(tags: Page) -> None:
    tags.page.click("#example")
    tags.page.wait_for_function("document.querySelector('#abstract textarea').value.includes('CourseLM')")


def test_an_abstract_without_models_says_so(tags: Page) -> None:
    assert tagged(tags, "We measure how clay shrinks while it dries, in forty bowls, over three weeks of summer.") == []
    assert tags.page.input_value("#json textarea, #json input") == '["NA"]'


def test_where_no_model_is_set_the_page_says_what_one_adds_and_where_to_set_it(tags: Page) -> None:
    assert "versions of the prompt" in tags.page.locator("#by-rules").inner_text()
    tags.page.locator("#by-rules a").click()
    tags.page.wait_for_selector("text=OPENAI_BASE_URL")


def test_of_several_abstracts_each_is_shown_and_their_lists_are_one_json(tags: Page) -> None:
    assert tagged(tags, f"{ABSTRACT}\n---\nWe ask GPT-4 and BERT of the sea.") == [
        "Llama 2", "GPT-4", "PotLM", "GPT-4", "BERT",
    ]  # fmt: skip
    assert json.loads(tags.page.input_value("#json textarea")) == [["Llama 2", "GPT-4", "PotLM"], ["GPT-4", "BERT"]]
    assert tags.page.locator("#tagged h3").all_inner_texts() == ["Abstract 1 of 2", "Abstract 2 of 2"]
    assert faults_of(tags) == []


def test_a_correction_is_kept_for_the_review_desk(tags: Page, chromium: Any, web_address: str) -> None:
    tagged(tags, ABSTRACT)
    tags.page.get_by_role("button", name="Correct this").click()
    # The names that were found are put there with them, on a slow machine after them: what is typed before is lost.
    tags.page.wait_for_function("document.querySelector('#right input, #right textarea')?.value.includes('GPT-4')")
    for _ in range(5):
        tags.page.fill("#right input, #right textarea", "Llama 2, PotLM")
        if tags.page.evaluate(STAYS):
            break
    tags.page.click("#keep")
    tags.page.wait_for_selector("text=Kept.")
    desk = at(chromium, web_address, "review")
    desk.page.locator("#turns button", has_text="We compare").first.click()
    desk.page.wait_for_selector("#detail h3")
    assert "Llama 2; PotLM" in desk.page.locator("#detail").inner_text()
    desk.close()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.jsonl", '{"id": "a", "abstract": "We train BERT and GPT-4 on poems of the sea."}\nno json\n'),
        ("rows.csv", 'id,abstract\na,"We train BERT and GPT-4 on poems of the sea."\nb,\n'),
    ],
)
def test_a_file_is_tagged_row_by_row_and_a_bad_row_is_told(tags: Page, tmp_path: Any, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    tags.page.get_by_role("button", name="A whole file").click()
    tags.page.set_input_files("#file input[type=file]", str(tmp_path / name))
    tags.page.wait_for_selector(f"#file >> text={name.split('.')[0]}")
    tags.page.click("#tag-file")
    tags.page.wait_for_selector("text=2 of 2 rows, 1 with an error")
    for wanted in ("JSON lines", "CSV"):
        with tags.page.expect_download() as download:
            tags.page.get_by_role("link", name=f"Results as {wanted}").click()
        said = download.value.path().read_text()
        assert "BERT" in said and "GPT-4" in said and ("Row 2" in said or "no abstract" in said)
    tags.page.reload()
    tags.page.wait_for_selector("#progress >> text=Done: 2 of 2 rows")
