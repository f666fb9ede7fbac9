"""Takes out of an answer what a rule forbids, while it streams: long code, and what stands in a solution.

Prose is given on sentence by sentence, code block by block, each once it is judged, so nothing has to be taken back.
However the text is split, the pieces given out join to the same text (a property test). Knows no meaning: a solution in
other words passes, which is what the prompt and the choice of sources are for.
"""

from __future__ import annotations

import re
from collections import deque

from assistant.answer_stream import LEAK_WORDS
from assistant.policy.values import RULE, Runs

CODE_OUT = "(Code is left out here: hints only for now.)"
WORDS_OUT = "(Left out here: it stands in a solution.)"
INLINE_CHARACTERS = 24
"""From this length, what stands between backticks counts as a line of code, as does a shorter one that assigns."""
LONGEST_SENTENCE = 1_000
LONGEST_LINE = 400
"""Characters of a line that are looked at to tell code from prose."""
_WORD = re.compile(r"\w+")
_BEFORE = r"[ \t>]{0,40}(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?"
_FENCE = re.compile(rf"{_BEFORE}[ \t]*(?P<mark>`{{3,}}|~{{3,}}|<(?:pre|code)\b)(?P<rest>[^\n]*)", re.IGNORECASE)
_INLINE = re.compile(r"(`+)(?!`)((?:(?!\1)[^\n]){1,400}?)\1(?!`)")
_ASSIGNS = re.compile(r"[\w\])]\s?[-+*/|:]?=(?!=)\s?[\w\"'\[({]|\w\(.*\)|;\s*$|\bimport\b|\bdef\b|\breturn\b")
_CODE_LINE = re.compile(
    _BEFORE
    + r"(?:>>> |\.\.\. |\$ |[%!]\w+ |@\w+|(?:from [\w.]+ )?import [\w.{*]|(?:async )?def \w+|class \w+[^.]*[:{]\s*$"
    r"|(?:el)?if [^.?!]+:\s*$|for [\w, ()]{1,60} in .*:\s*$|while .*:\s*$|(?:else|try|finally)\s*:|except\b.*:\s*$"
    r"|with .* as \w+.*:\s*$|(?:return|yield|raise|assert|await|del|global)\b [^.?!]*$|(?:print|console\.log)\s?\("
    r"|(?:const|let|var|function|public|private|static|void|int|float|string|#include|struct|fn|impl|using)\b .*[;{(=]"
    r"|(?:SELECT|INSERT|UPDATE|CREATE|DELETE)\b .*\b(?:FROM|INTO|SET|TABLE|WHERE)\b"
    r"|[\w.\[\]\"']{1,80}(?:\s?,\s?[\w.]{1,40}){0,5}\s?[-+*/|%]?=(?!=)\s?\S"
    r"|[a-z_]\w{0,60}\s?:\s?[\w\[\], |.]{1,60}=(?!=)\s?\S"
    r"|[\w.]{1,80}\([^\n]*\)\s*[;:{]?\s*$|[\w.]{1,80}\(\s*$|[\])}]+[,;)]*\s*$|[\"'][^\"'\n]{0,200}[\"']\s*(?::\s*\S|,\s*$))"
)
_INDENTED = re.compile(r"(?: {4}|\t|  )\s*\S")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]*_]{0,4}(?:[ \t]?\[\d{1,3}\]){0,5}[.]?[ \t]+")


_MAY_GO_ON = re.compile(r"(?:\[\d{0,3}\]?[ \t]?){0,5}\.?")
"""What may still become a marker of the sentence before it."""


def words_in(text: str) -> list[str]:
    """Give the words of a text as runs are made of them."""
    return [word.lower() for word in _WORD.findall(text)]


def code_lines_in(text: str) -> int:
    """Count the lines of code in a text: in blocks, on lines that look like code, and between backticks."""
    guard = HintGuard()
    guard.feed(text)
    guard.finish()
    return guard.code_lines


class HintGuard:
    """One answer; `code_left` are the lines of code that it may hold (None: any), the runs what it may not say.

    A run of words is found across the marks between them, so neither layout nor punctuation hides it.
    """

    def __init__(self, code_left: int | None = None, solved: Runs = frozenset(), never: Runs = frozenset()) -> None:
        self._left = code_left
        self._solved = solved
        self._never = never
        self._lengths = sorted({len(run) for run in never} | ({LEAK_WORDS} if solved else set()))
        self._last: deque[str] = deque(maxlen=max(self._lengths, default=1))
        self._held = ""
        self._fence = ""  # the mark that opened the block we are in
        self._block: list[str] = []  # lines of code that wait to be judged whole
        self._begins_line = True
        self._told: set[str] = set()
        self.code_lines = 0
        self.removed = 0
        """How many pieces were taken out."""

    def know(self, runs: Runs) -> None:
        """Take note of what stands in material that may be read: that is no secret."""
        self._solved -= runs

    def feed(self, piece: str) -> str:
        """Take the next piece; give what is certain by now."""
        self._held += piece
        return self._scan(final=False)

    def finish(self) -> str:
        """Give what was held back; the stream is over."""
        return self._scan(final=True) + self._closed_block()

    def _scan(self, *, final: bool) -> str:
        out: list[str] = []
        while self._held:
            end = self._segment_end(final)
            if not end:
                break
            segment, self._held = self._held[:end], self._held[end:]
            out.append(self._segment(segment))
        return "".join(out)

    def _segment_end(self, final: bool) -> int:
        """Give where the next piece to judge ends: a line, or a sentence of a line of prose; 0 to wait for more."""
        line = self._held.find("\n") + 1
        if self._fence or self._block:
            return line or (len(self._held) if final else 0)
        whole = line or (len(self._held) if final else 0)
        text = self._held[: min(line or LONGEST_SENTENCE, LONGEST_SENTENCE)]
        for sentence in _SENTENCE_END.finditer(text):
            end = sentence.end()
            if not whole and _MAY_GO_ON.fullmatch(text, end):
                return 0
            if text.count("`", 0, end) % 2 == 0:
                return end if self._is_prose_so_far(text[:end]) else whole
        if len(text) == LONGEST_SENTENCE and self._is_prose_so_far(text):
            return LONGEST_SENTENCE
        return whole

    def _is_prose_so_far(self, sentence: str) -> bool:
        """Tell whether a line whose first sentence this is may be cut there: code is cut at line ends alone."""
        return not self._begins_line or not (_FENCE.match(sentence) or _CODE_LINE.match(sentence[:LONGEST_LINE]))

    def _segment(self, segment: str) -> str:
        begins, self._begins_line = self._begins_line, segment.endswith("\n")
        if self._fence:
            self._block.append(segment)
            return self._closed_block() if self._closes(segment) else ""
        opening = _FENCE.match(segment) if begins else None
        if opening is not None and ("`" not in opening["rest"] or not opening["mark"].startswith("`")):
            before = self._closed_block()
            self._fence, self._block = opening["mark"].lower(), [segment]
            is_over = self._fence.startswith("<") and self._closes(segment)
            return before + (self._closed_block() if is_over else "")
        if begins and self._is_code(segment):
            self._block.append(segment)
            return ""
        return self._closed_block() + self._prose(segment)

    def _is_code(self, line: str) -> bool:
        """Tell whether a line outside of any fence is code, or goes on with a block of it."""
        if self._block and (not line.strip() or _INDENTED.match(line)):
            return True
        return bool(_CODE_LINE.match(line.rstrip("\n")[:LONGEST_LINE]))

    def _closes(self, line: str) -> bool:
        if self._fence.startswith("<"):
            return f"</{self._fence[1:]}" in line.lower()
        return line.strip(" \t>\n").startswith(self._fence) and not line.strip(" \t>\n" + self._fence[0])

    def _closed_block(self) -> str:
        """Judge the block that is over, and give it, or the line that says why it is missing."""
        block, self._block = "".join(self._block), []
        mark, self._fence = self._fence, ""
        if not block:
            return ""
        lines = sum(bool(line.strip()) and not _is_mark(line, mark) for line in block.splitlines())
        if self._repeats(block):
            return self._out(WORDS_OUT, block)
        if not self._takes(lines):
            return self._out(CODE_OUT, block)
        return block

    def _prose(self, sentence: str) -> str:
        if self._repeats(sentence):
            return self._out(WORDS_OUT, sentence)
        return _INLINE.sub(self._inline, sentence)

    def _inline(self, match: re.Match[str]) -> str:
        counts = len(match[2]) >= INLINE_CHARACTERS or _ASSIGNS.search(match[2])
        if not counts or self._takes(1):
            return match[0]
        self.removed += 1
        return "(code left out)"

    def _takes(self, lines: int) -> bool:
        """Take so many lines of code from what may be shown; tell whether there were as many."""
        self.code_lines += lines
        if self._left is None:
            return True
        if lines > self._left:
            return False
        self._left -= lines
        return True

    def _repeats(self, text: str) -> bool:
        """Tell whether a text completes a run of words that must not be said; what was left out counts on."""
        if not self._lengths:
            return False
        found = False
        for word in words_in(text):
            self._last.append(word)
            recent = tuple(self._last)
            runs = (recent[-length:] for length in self._lengths if length <= len(recent))
            found = any(run in self._solved or run in self._never for run in runs) or found
        return found

    def _out(self, note: str, text: str) -> str:
        self.removed += 1
        end = text[len(text.rstrip()) :]
        if note in self._told:
            return end
        self._told.add(note)
        return note + (end or "\n")


def cleaned(text: str) -> str:
    """Guard a text that a model wrote beside its answer, by the rule of the turn that runs here."""
    rule = RULE.get()
    if rule is None:
        return text
    return guarded(text, rule.code_left if rule.is_hinting else None, rule.solved, rule.never)[0].strip()


def _is_mark(line: str, mark: str) -> bool:
    """Tell whether a line does no more than open or close a block."""
    return mark[:1] in ("`", "~") and mark in line and bool(_FENCE.match(line))


def guarded(
    text: str, code_left: int | None = None, solved: Runs = frozenset(), never: Runs = frozenset()
) -> tuple[str, int]:
    """Guard a whole text at once; give it, and how many pieces were taken out."""
    guard = HintGuard(code_left, solved, never)
    return guard.feed(text) + guard.finish(), guard.removed
