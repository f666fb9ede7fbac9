"""Tells sections of one structured abstract ("Context", "Methods:", "Code and Data") from several abstracts. Pure."""

from __future__ import annotations

import re

Span = tuple[int, int]
_SECTION_WORDS = (
    r"(?:background|motivation|introduction|objectives?|aims?|purpose|methods?|materials|approach|results?"
    r"|findings|conclusions?|discussion|summary|keywords?|contributions?)"
)
_OF_SECTIONS = re.compile(
    rf"{_SECTION_WORDS}|context|problems?|statements?|questions?|hypothes[ei]s|rationale|significance|importance|relevance"
    r"|novelty|challenges?|solutions?|innovations?|designs?|settings?|participants?|patients?|interventions?|measurements?"
    r"|measures?|outcomes?|procedures?|set-?up|evaluations?|experiments?|analys[ei]s|observations?|interpretations?"
    r"|implications?|impact|limitations?|future|work|ideas?|insights?|takeaways?|highlights?|overview|scope|codes?|data"
    r"|datasets?|models?|weights|software|implementation|resources?|materials|availability|access|reproducibility|release"
    r"|licen[cs]e|funding|ethics|acknowledge?ments?|registration|what|why|how|it|this|is|was|we|did|do|found|find|matters?"
    r"|means|studied|our|the|a|an|of|to|for|and|or|in|on|with|key|main|new|proposed|open|source|related|primary|current"
    r"|technical|practical|&|tl;?dr|gap|goals?|task|system|architecture|training|theory|proofs?",
    re.IGNORECASE,
)
"""Words that headings of sections are made of; a line with nothing else is one: "Code and Data", "Key Insight"."""
_LONGEST_SECTION_HEAD, _SHORTEST_TITLE = 6, 4
"""Words."""
_SECTION = re.compile(rf"[#*\d. ]*{_SECTION_WORDS}\b.{{0,30}}", re.IGNORECASE)
_BEGINS_A_SECTION = re.compile(rf"[#*\s]*{_SECTION_WORDS}\b", re.IGNORECASE)
_FIRST_WORDS = re.compile(r"[#*_\s]*([^.:\n*_]{1,60})[*_]*(?:[.:]|\n)")


def is_section_head(line: str) -> bool:
    """Tell the heading of a part of one abstract: it begins with a word for parts, or has no other words."""
    words = re.sub(r"[#*_:\d.)(]+", " ", line).split()
    if _SECTION.fullmatch(line):
        return True
    return 0 < len(words) <= _LONGEST_SECTION_HEAD and all(_OF_SECTIONS.fullmatch(word.strip(",/?")) for word in words)


def begins_a_section(text: str, part: Span) -> bool:
    """Tell a piece that begins as a section of an abstract does: "Methods: ...", "**Code and Data.** ..."."""
    if _BEGINS_A_SECTION.match(text, *part):
        return True
    first = _FIRST_WORDS.match(text, *part)
    return first is not None and is_section_head(first[1])


def has_sections(text: str) -> bool:
    """Tell the short headings of one abstract, some of which are headings of sections anywhere, from titles."""
    lines = [line.strip("#*_ \t\r").casefold() for line in text.split("\n")]
    heads = [line for line in lines if line and len(line.split()) <= _LONGEST_SECTION_HEAD and line[-1] not in ".!?;,"]
    sections = [line for line in heads if is_section_head(line)]
    others = [line for line in heads if line not in sections and line != lines[0]]
    return (
        len(sections) > 1
        and len(set(sections)) == len(sections)
        and all(len(line.split()) < _SHORTEST_TITLE for line in others)
    )
