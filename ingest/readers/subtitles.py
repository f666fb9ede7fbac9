"""Reads subtitles and transcripts (.vtt, .srt): cues joined into running text, with the time of the first of them.

Dropped, each counted under its name: times, tags, captions that repeat the one before, and what stands outside cues
(header, notes, styles, cue numbers).
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index_store.errors import UnreadableFile
from index_store.locators import Locator
from ingest.document import Block, Document
from ingest.readers.text import decode, file_title, visible

_TIMES = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}\s*-->\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}")
# Lengths are bounded: a tag that is opened again and again and never closed is not searched to the end each time.
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,100})?\s{1,20}([^<>]{1,200})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,500}>|<\d[\d:.]{0,20}>|\{\\[^{}\n]{0,500}\}")
WORDS_A_BLOCK = 80


@dataclass(frozen=True, slots=True)
class _Cue:
    time: str
    speaker: str
    text: str


def read(data: bytes, name: str) -> Document:
    """Read subtitles; some eighty words make a block, which ends with a sentence where it can.

    Raises:
        UnreadableFile: when the bytes are no text, or hold no cue.
    """
    decoded = decode(data, name)
    dropped: Counter[str] = Counter()
    added: Counter[str] = Counter()
    cues = list(_cues(decoded.text, dropped))
    if not cues:
        raise UnreadableFile(f"{name} holds no cue with a time.", hint="Check that it is WebVTT or SubRip.")
    blocks = tuple(_blocks(_without_repeats(cues, dropped), added))
    read_characters = visible(decoded.text)
    return Document(file_title(name), blocks, read_characters, dict(+dropped), decoded.notes, dict(+added))


def _cues(text: str, dropped: Counter[str]) -> Iterator[_Cue]:
    time, body = "", list[str]()
    for line in [*text.split("\n"), ""]:
        times = _TIMES.match(line.strip())
        if times or not line.strip():
            if time and body:
                yield _cue(time, body, dropped)
            body = []
            time = _clock(times) if times else ""
            dropped["times"] += visible(line)
        elif time:
            body.append(line)
        else:
            dropped["what stands outside cues"] += visible(line)


def _clock(times: re.Match[str]) -> str:
    hours, minutes, seconds = (int(part or 0) for part in times.groups())
    return f"{hours + minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def _cue(time: str, body: list[str], dropped: Counter[str]) -> _Cue:
    joined = " ".join(body)
    voice = _VOICE.search(joined)
    plain = html.unescape(_TAG.sub("", joined))
    dropped["tags"] += visible(joined) - visible(plain)
    return _Cue(time, " ".join(voice[1].split()) if voice else "", " ".join(plain.split()))


def _without_repeats(cues: list[_Cue], dropped: Counter[str]) -> Iterator[_Cue]:
    """Take out what rolling captions say again: a cue that begins with the one before it loses that beginning."""
    before = ""
    for cue in cues:
        text = cue.text.removeprefix(before).strip() if before and cue.text.startswith(before) else cue.text
        dropped["repeated captions"] += visible(cue.text) - visible(text)
        before = cue.text
        if text:
            yield _Cue(cue.time, cue.speaker, text)


def _blocks(cues: Iterable[_Cue], added: Counter[str]) -> Iterator[Block]:
    words: list[str] = []
    time = speaker = ""
    for cue in cues:
        full = len(words) >= WORDS_A_BLOCK and (words[-1].endswith((".", "?", "!")) or len(words) > 2 * WORDS_A_BLOCK)
        if words and full:
            yield Block(" ".join(words), Locator(time=time), "transcript")
            words = []
        time = time if words else cue.time
        if cue.speaker and (cue.speaker != speaker or not words):
            words.append(f"{cue.speaker}:")
            added["names of speakers"] += visible(words[-1])
        speaker = cue.speaker or speaker
        words += cue.text.split()
    if words:
        yield Block(" ".join(words), Locator(time=time), "transcript")
