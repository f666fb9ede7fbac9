"""Parses HTML into a tree of lxml in which any text can be set again. Finds no main text, makes no blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def parse_html(text: str) -> Any:
    """Parse a page, or a piece of one; None where there is nothing to parse.

    What XML has no place for (form feeds, other control characters) is a space in the tree: libxml2's HTML parser lets
    it in, raw or as a reference, and lxml then refuses to put a text that holds it anywhere else.
    """
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    for behind in list(tree.itersiblings()):  # those after `</html>`, where only `//` would find them
        tree.append(behind)
    for element in tree.iter():
        _clean(element)
    return tree


def _clean(element: Any) -> None:
    if element.text and _NOT_XML.search(element.text):
        element.text = _NOT_XML.sub(" ", element.text)
    if element.tail and _NOT_XML.search(element.tail):
        element.tail = _NOT_XML.sub(" ", element.tail)
    for name, value in element.attrib.items():
        if _NOT_XML.search(value):
            element.attrib[name] = _NOT_XML.sub(" ", value)


def remove(tree: Any, names: Iterable[str]) -> None:
    """Take elements of these names out, with what is in them; the text behind them stays."""
    for element in list(tree.iter(*names)):
        if element.getparent() is not None:
            element.drop_tree()
