"""The page that Gradio serves has our name alone."""

from __future__ import annotations

from pathlib import Path

from ui.page_template import ABOUT, named


def test_a_page_has_our_metadata_and_none_of_gradios() -> None:
    import gradio

    page = Path(gradio.__file__).parent / "templates" / "frontend" / "index.html"
    text = named(page.read_text("utf-8"))
    assert text.count('property="og:title"') == 1 and 'content="Lectern"' in text and ABOUT in text
    for theirs in ("twitter:", "gradio.app/", "githubusercontent", 'content="Gradio"', "og:image"):
        assert theirs not in text
    assert "window.gradio_config" in text and text.count("<base ") == 1


def test_what_has_no_metadata_is_left_as_it_is() -> None:
    assert named("<p>Hello</p>") == "<p>Hello</p>"
