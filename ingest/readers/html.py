"""Reads HTML: the main text of the page under its headings. Follows no links, loads nothing, runs no scripts.

The main text is found by trafilatura. Where that does poorly (a page of bare headings and lists, or a marked main
element of which it loses much) the page's own main element is read, or its body, without navigation, footers and
scripts. There are no line numbers: nobody reads a page by the lines of its source.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections import Counter
from typing import Any

from ingest.document import Document
from ingest.readers.html_blocks import blocks_under
from ingest.readers.html_tree import parse_html, remove
from ingest.readers.outline import HEADINGS, Outline
from ingest.readers.text import Decoded, decode, file_title, visible

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_UNSEEN = ("script", "style", "noscript", "template", "svg", "iframe", "object", "head")
_STRUCTURE = ("h1", "h2", "h3", "h4", "ul", "ol", "table", "pre")
_AROUND = ("nav", "footer")
_MOST_ELEMENTS = 100_000  # beyond this the extractor takes minutes, and it is no page that people read
_MOST_AROUND = 3  # times the text found: beyond this the page is mostly something else, and better flat than whole
_SHORT = 250  # characters below which trafilatura itself mistrusts what it found
_MOSTLY = 0.75  # of a page without a main element; above this there is nothing around to leave out
_PICTURE = "picture.png"  # a picture whose address names no file of one is left out with the text behind it
_READ_WHOLE = "the main text could not be told from the rest, so the page was read whole"
_ENOUGH = 0.6  # of the page's own main element; below this the extractor has lost text


def read(data: bytes, name: str) -> Document:
    """Read a page; its title is its `<title>`, else its first heading.

    Raises:
        UnreadableFile: when the bytes are no text.
    """
    decoded = _decode(data, name)
    page = parse_html(decoded.text)
    if page is None:
        return Document(file_title(name), (), visible(decoded.text), {}, decoded.notes)
    titles = page.xpath("//head/title")
    title = " ".join(titles[0].text_content().split()) if titles else ""
    remove(page, _UNSEEN)
    everything = visible(page.text_content())
    main, note = _main(decoded.text, page)
    outline = Outline()
    counts: Counter[str] = Counter()
    blocks = list(blocks_under(main, outline, counts))
    last = outline.finish()
    headings = -counts.pop(HEADINGS, 0) - sum(visible(block.text) for block in last)
    dropped = Counter({"markup and scripts": visible(decoded.text) - everything, HEADINGS: headings})
    dropped["around the main text"] = everything - visible("".join(main.itertext()))
    notes = (*decoded.notes, *([note] if note else []))
    name = title or outline.title or file_title(name)
    return Document(name, (*blocks, *last), visible(decoded.text), dict(+dropped), notes, dict(+counts))


def _decode(data: bytes, name: str) -> Decoded:
    """Decode as the page declares, where it is not UTF-8 or marked as UTF-16."""
    declared = _CHARSET.search(data[:4096])
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if declared is not None and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = declared[1].decode("ascii", "replace").lower()
            try:
                text = data.decode(encoding)
            except (LookupError, ValueError):
                return decode(data, name)
            return decode(text.encode(), name)._replace(notes=(f"read as {encoding}, as the page declares",))
    return decode(data, name)


def _main(text: str, page: Any) -> tuple[Any, str]:
    """Find the element with the main text, and say if it was not the extractor who found it."""
    elements = sum(1 for _ in page.iter())
    found = _extract(text) if elements <= _MOST_ELEMENTS else None
    if found is not None and visible("".join(found.itertext())) > visible(page.text_content()):
        found = None  # of a main element within a paragraph it gives the text twice
    own, marked = _own_main(page)
    if found is None or _is_poor(found, own, marked):
        return own, _READ_WHOLE if found is None and not marked else ""
    return found, ""


def _is_poor(found: Any, own: Any, marked: bool) -> bool:
    """Tell what the extractor gives when its rules fail from a text that it found.

    Then it collects all paragraphs of the page, or all text as one, and headings, lists and tables are gone.
    """
    kept, whole = visible("".join(found.itertext())), visible(own.text_content())
    if kept < _SHORT or (kept < _ENOUGH * whole if marked else kept > _MOSTLY * whole):
        return True  # of an unmarked page that is nearly all text it leaves out short lists rather than adverts
    flat = all(element.tag == "p" for element in found)
    return flat and whole < _MOST_AROUND * kept and next(own.iter(*_STRUCTURE), None) is not None


def _extract(text: str) -> Any:
    """Let trafilatura find the main text: an element of its own vocabulary (head, p, list, item, table, code)."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports an empty page as an error; we add a note
    tree = parse_html(text)
    for picture in [] if tree is None else tree.iter("img"):
        picture.set("src", _PICTURE)
    found = None if tree is None else trafilatura.bare_extraction(tree, include_comments=False, include_images=True)
    body = getattr(found, "body", None)
    return None if body is None or not visible("".join(body.itertext())) else body


def _own_main(page: Any) -> tuple[Any, bool]:
    """Give the main element that the page marks, else its body without what stands around; and whether it is marked."""
    marked = page.xpath("//main | //article | //*[@role='main']")
    root = max(marked, key=lambda element: visible(element.text_content()), default=None)
    if root is None:
        root = page.find("body") if page.find("body") is not None else page
    remove(root, _AROUND if marked else (*_AROUND, "aside"))
    for header in list(root.iter("header")):
        if header.find(".//h1") is None and header.getparent() is not None:
            header.drop_tree()
    return root, bool(marked)
