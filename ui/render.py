"""Turns events into what a browser shows: pure functions. Every text from outside passes `neutral` or `html.escape`."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType

from assistant.events import Answer, Citation, Refusal, ToolStep
from assistant.tracing.conversations import Listed
from index_store.chunks import Hit
from ui.formulas import set_off
from ui.passages import passage_html
from ui.places import place_of
from ui.related import worth_a_look
from ui.times import time_html

_CODE = re.compile(r"(`{3,}.*?(?:`{3,}|\Z)|`[^`\n]*`)", re.DOTALL)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_IMAGE = re.compile(r"!+(?=\[)")
_FENCED = re.compile(r"`{3,}[^\n]*\n(.*?)\s*`*\Z", re.DOTALL)
_SIGN = re.compile(r"[^\w\s]|_")
_MARKER = re.compile(r"\[(\d{1,3})\](?!\()")
_BEFORE_A_STOP = re.compile(r"(\[\d{1,3}\])[ \t]+(?=[.,;:!?](?:\s|\Z))")
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#\\@]+(?:[/?#][^\s\\]*)?", re.IGNORECASE)
SEEN_OF_TITLE = 28
"""Characters of a title that the list has room for."""
NOTHING_NEAR = "<p class='lectern-note'>Nothing in the material comes near to this question.</p>"
_STEPS = {
    "course_search": "Searched the course",
    "read_source": "Read on in the course",
    "wikipedia": "Looked in Wikipedia",
    "web_search": "Searched the web",
    "open_page": "Read a page",
    "arxiv": "Looked on arXiv",
    "tag_abstract": "Tagged the abstract",
    "calculate": "Calculated",
}
_KINDS = {
    "wikipedia": "Wikipedia",
    "web": "the web",
    "arxiv": "arXiv",
    "calculation": "calculated here",
    "message": "you",
}


def neutral(text: str) -> str:
    """Take the power out of a text before it is shown as Markdown: no tag opens, no image is fetched; code stays.

    What looks like code here may be none to the browser's Markdown (an escaped or unpaired backtick), so code that
    holds a tag or an image is given as HTML of our own in which every sign is a character reference.
    """
    parts = _CODE.split(text)
    return "".join(_code(part) if n % 2 else _prose(part) for n, part in enumerate(parts))


def _prose(text: str) -> str:
    return _IMAGE.sub("", _TAG.sub("&lt;", set_off(text)))


def _code(text: str) -> str:
    if not (_TAG.search(text) or _IMAGE.search(text)):
        return text
    if fenced := _FENCED.match(text):
        return f"\n<pre><code>{_referenced(fenced[1])}</code></pre>\n"
    return f"<code>{_referenced(text.strip('`'))}</code>"


def _referenced(text: str) -> str:
    return _SIGN.sub(lambda found: f"&#{ord(found[0])};", text)


def answer_markdown(text: str, trace_id: str = "", cited: Collection[int] | None = None) -> str:
    """Give an answer as Markdown, its markers set off; of a kept turn each leads to its source.

    With `cited` only these do: of an answer that broke off, the last marker may have none.
    """

    def shown(marker: re.Match[str]) -> str:
        number = marker[1]
        if trace_id and (cited is None or int(number) in cited):
            return f"[&#91;{number}&#93;](turns/{trace_id}#source-{number})"
        return f"**[{number}]**"

    parts = _CODE.split(neutral(text))
    return "".join(
        part if n % 2 else _MARKER.sub(shown, _BEFORE_A_STOP.sub(r"\1", part)) for n, part in enumerate(parts)
    )


def step_title(step: ToolStep) -> str:
    """Name a step of the agent for a person: what was done, and with what."""
    given = next((str(v) for v in step.arguments.values() if isinstance(v, str) and v), "")
    what = " ".join(given.split())
    shown = what if len(what) <= 80 else f"{what[:80]}…"
    name = _STEPS.get(step.tool, step.tool)
    failed = " (failed)" if step.status == "failed" else ""
    return neutral(f"{name}: {shown}" if shown else name) + failed


def notes_markdown(event: Answer | Refusal) -> str:
    """Give what is said below an answer: notes, which limit ended the turn, what may be done with what was found."""
    notes = [f"*{neutral(note)}*" for note in event.notes]
    notes += [f"*Ended early: {neutral(event.limit)}.*"] if event.limit else []
    notes += [f"{neutral(offer.text)}: `{offer.command.replace('`', '')}`" for offer in event.offers]
    return "".join(f"\n\n{note}" for note in notes)


def sources_html(
    citations: Sequence[Citation],
    cells: Mapping[int, str] = MappingProxyType({}),
    pages: Mapping[int, str] = MappingProxyType({}),
    gone: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Give the cited passages as cards, each with its quotes marked in their context.

    `cells` and `pages` have the cells of notebooks and the pages of PDFs, as HTML, by the place of their citation;
    `gone` says what became of a passage that the library no longer holds, by the id of its chunk.
    """
    cards = []
    places_of = {id(c): n for n, c in enumerate(citations)}
    for marker, group in groupby(sorted(citations, key=lambda c: c.marker), key=lambda c: c.marker):
        cited = list(group)
        first = cited[0]
        passage = _passages(cited)
        places = dict.fromkeys(_within(place_of(c.locator, c.path), first.title) for c in cited)
        title = f"[{marker}] {first.title or first.path}"
        own = f"source-{marker}"
        if first.kind != "course":
            cards.append(_outside_card(title, first, places, passage, own))
            continue
        at = [places_of[id(c)] for c in cited]
        in_cells = "".join(cells.get(n, "") for n in at)
        became = dict.fromkeys(gone[c.chunk_id] for c in cited if c.chunk_id in gone)
        there = in_cells or "".join(pages.get(n, "") for n in at)
        there = "".join(f"<p class='lectern-note'>{html.escape(said)}</p>" for said in became) + there
        about, link = _known_as(first.path, first.score)
        # The passage runs across the cells of a notebook: it is folded below those that are cited.
        cards.append(_card(title, about, places, passage, own=own, there=link + there, folded=bool(in_cells)))
    return "".join(cards)


def _passages(cited: Sequence[Citation]) -> str:
    """Give the passage of a source with its quotes marked; a quote that does not stand in it has its own below."""
    contexts = [cited[0].context]
    for citation in cited:
        if not any(citation.quote in context for context in contexts):
            contexts.append(citation.context)
    return "\n\n".join(passage_html(context, [c.quote for c in cited]) for context in contexts)


def related_html(hits: Sequence[Hit]) -> str:
    """Give the nearest passages under a refusal, called what they are; those that are not near are none of them."""
    near = worth_a_look(hits)
    if not near:
        return NOTHING_NEAR if hits else ""
    cards = [_related(hit) for hit in near]
    return "<p class='lectern-note'>Not an answer, only the nearest passages:</p>" + "".join(cards)


def warnings_html(warnings: Sequence[str]) -> str:
    """Give what is to be mended as lines above the conversation."""
    return "".join(f"<p class='lectern-warning'>{html.escape(warning)}</p>" for warning in warnings)


def conversations_html(listed: Sequence[Listed], here: str, older: int = 0, searched: bool = False) -> str:
    """Give a user's conversations as links, the newest first; where there are more, a button that lists so many.

    Those that are called the same are told apart by when they were last gone on with.
    """
    new = "<a class='lectern-new' href='./'>New conversation</a>"
    if not listed:
        none = "No conversation has these words." if searched else "None yet."
        return f"<nav aria-label='Conversations'>{new}<p class='lectern-note' role='status'>{none}</p></nav>"
    begins = Counter(c.title[:SEEN_OF_TITLE].casefold() for c in listed)
    items = "".join(
        f"<li><a href='./?c={html.escape(c.id)}'{' aria-current=page' if c.id == here else ''}>"
        f"{html.escape(c.title or '(no title)')}"
        f"{f' {time_html(c.last_at)}' if begins[c.title[:SEEN_OF_TITLE].casefold()] > 1 else ''}</a></li>"
        for c in listed
    )
    more = f"<button type='button' class='lectern-older' data-older='{older}'>Older ones</button>" if older else ""
    return f"<nav aria-label='Conversations'>{new}<ul>{items}</ul>{more}</nav>"


def links_html(conversation: str, accounts: bool = False) -> str:
    """Give the ways to keep a conversation: its own address, for whom that is, and files of it."""
    if not conversation:
        return ""
    own = html.escape(conversation)
    whom = "for you alone, once you are signed in" if accounts else "in this browser alone"
    return (
        f"<p class='lectern-links'><a href='./?c={own}'>Link to it</a> "
        f"<a href='conversations/{own}.md' download>Markdown</a> "
        f"<a href='conversations/{own}.json' download>JSON</a></p>"
        f"<p class='lectern-note'>The link opens {whom}.</p>"
    )


def _related(hit: Hit) -> str:
    chunk = hit.chunk
    places = [_within(place_of(str(chunk.locator), chunk.path), chunk.title)]
    about, link = _known_as(chunk.path, hit.cosine)
    return _card(chunk.title or chunk.path, about, places, passage_html(chunk.context, []), there=link)


def _known_as(path: str, score: float) -> tuple[str, str]:
    """Give the line about a source of the library, as HTML, and the link of one that was read from an address."""
    link, near = _link(path), f"similarity {score:.2f}"
    return (near, link) if link else (f"{html.escape(path)} · {near}", "")


def _link(path: str) -> str:
    """Give a link to a page of the web; "" for what is no such address."""
    if _WEB_ADDRESS.fullmatch(path) is None:
        return ""
    href = html.escape(path)
    return f"<a class='lectern-address' href='{href}' target='_blank' rel='noopener noreferrer nofollow'>{href}</a>"


def _outside_card(title: str, citation: Citation, places: Iterable[str], body: str, own: str) -> str:
    """Give a card for what is not of the course: it looks different, links to its page, and says when that was read."""
    kind = _KINDS.get(citation.kind, citation.kind)
    read = f", read {time_html(citation.fetched_at)}" if citation.fetched_at else ""
    near = f" · similarity {citation.score:.2f}" if citation.score else ""
    about = f"Not from the course: {html.escape(kind)}{read}{near}"
    return _card(title, about, places, body, extra=" lectern-outside", own=own, there=_link(citation.path))


def _within(locator: str, title: str) -> str:
    """Leave out of a place the heading that is the title, which stands above it."""
    place, sign, headings = locator.partition("§ ")
    if not title or not (headings == title or headings.startswith(f"{title} > ")):
        return locator
    rest = headings.removeprefix(title).removeprefix(" > ")
    return f"{place}{sign}{rest}" if rest else place.removesuffix("; ")


def _card(
    title: str, about: str, places: Iterable[str], body: str, extra: str = "", own: str = "", there: str = "",
    folded: bool = False,
) -> str:  # fmt: skip
    """Give a source as a card; of HTML are `about`, and `there`: the place itself, shown in full above the text."""
    lines = [about, *(html.escape(place) for place in places if place)]
    name = f" id='{own}'" if own else ""
    text = f"<div class='lectern-passage' tabindex='0' role='group' aria-label='Passage'>{body}</div>"
    if folded:
        text = f"<details class='lectern-page'><summary>The passage as it was found</summary>{text}</details>"
    return (
        f"<details class='lectern-source{extra}'{name} open><summary><strong>{html.escape(title)}</strong>"
        f"{''.join(f'<span>{line}</span>' for line in lines)}"
        f"</summary>{there}{text}</details>"
    )
