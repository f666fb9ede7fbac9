"""Few-shot examples for the tagging prompts: read from a file, then fixed, drawn with a seed, or nearest by embedding.

An example is never the abstract that is to be tagged: that would give the answer away.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from assistant.tagging_rules import NO_MODELS
from index_store.errors import InvalidInput, SettingsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index_store.chunks import Embedder

PACKAGED = Path(__file__).resolve().parent / "prompts" / "tag_examples.jsonl"
FILE_NAME = PACKAGED.name
"""A course team's prompts folder may hold a file of this name: it then takes the place of ours."""
MOST = 20
"""How many examples a prompt may show: more of them crowd out the abstract."""
Way = Literal["fixed", "random", "nearest"]


@dataclass(frozen=True, slots=True)
class Example:
    """An abstract and the names that are right for it, or NO_MODELS."""

    abstract: str
    tags: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """Give what a prompt template shows."""
        return {"abstract": self.abstract, "tags": list(self.tags)}


@dataclass(frozen=True, slots=True)
class Choice:
    """How examples are chosen: the first ones of the file, drawn with a seed, or the nearest to the abstract."""

    way: Way = "fixed"
    count: int = 4
    seed: int = 0


USUAL = Choice()


def parse_choice(text: str) -> Choice:
    """Read a choice as settings write it: `fixed:4`, `random:4:7` (the seed last) or `nearest:4`.

    >>> parse_choice("random:3:7")
    Choice(way='random', count=3, seed=7)

    Raises:
        SettingsError: when it is none.
    """
    way, *numbers = text.strip().split(":")
    fine = way in ("fixed", "random", "nearest") and len(numbers) <= (2 if way == "random" else 1)
    if not fine or not all(n.isdecimal() and len(n) < 10 for n in numbers):
        raise SettingsError(
            f"{text!r} does not say how examples are chosen.", hint="Give fixed:4, random:4:SEED or nearest:4."
        )
    count, seed = [int(n) for n in numbers] + [4, 0][len(numbers) :]
    if not 0 <= count <= MOST:
        raise SettingsError(f"{count} examples are too many.", hint=f"Give at most {MOST}.")
    return Choice(cast(Way, way), count, seed)


def read_examples(file: Path) -> list[Example]:
    """Read examples: JSON lines of {"abstract", "tags"}; other fields are let be.

    Raises:
        InvalidInput: naming the line that cannot be used, and why.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise InvalidInput(f"The examples {file.name} cannot be read: {reason}.") from exc
    rows = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return [_example(line, f"{file.name}, line {number}") for number, line in rows]


def _example(line: str, where: str) -> Example:
    hint = 'Give {"abstract": "...", "tags": ["..."]}, with ["NA"] where no model is named.'
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise InvalidInput(f"{where}: no JSON: {exc}.", hint=hint) from exc
    abstract, tags = (row.get("abstract"), row.get("tags")) if isinstance(row, dict) else (None, None)
    if not isinstance(abstract, str) or not abstract.strip():
        raise InvalidInput(f"{where}: there is no abstract.", hint=hint)
    if not isinstance(tags, list) or not tags or not all(isinstance(t, str) and t for t in tags):
        raise InvalidInput(f"{where}: `tags` is no list of names.", hint=hint)
    strays = [t for t in tags if t not in abstract] if tags != NO_MODELS else []
    if strays:  # a model would learn from it to make names up
        raise InvalidInput(f"{where}: {strays[0]!r} does not stand in the abstract.", hint=hint)
    return Example(abstract, tuple(tags))


class Examples:
    """Chooses the examples of a prompt; `nearest` needs an embedder, and embeds the examples once.

    They may be given as what reads them: a prompt that shows none does not read their file.

    The nearest example stands last, for what stands last weighs most (Zhao et al., arXiv 2102.09690).
    """

    def __init__(
        self,
        known: Sequence[Example] | Callable[[], Sequence[Example]],
        choice: Choice | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self.choice = Choice() if choice is None else choice
        self._given = known
        self._embedder = embedder
        if self.choice.way == "nearest" and embedder is None:
            raise SettingsError("The nearest examples were asked for without an embedding model to find them.")

    def for_abstract(self, abstract: str) -> list[Example]:
        """Give the examples for an abstract; blocks while it embeds."""
        others = [n for n, example in enumerate(self._known) if _same(example.abstract) != _same(abstract)]
        if self.choice.way == "random":
            chance = random.Random(self.choice.seed)  # nosec B311 - an order of examples that can be repeated
            drawn = chance.sample(range(len(self._known)), len(self._known))
            others = [n for n in drawn if n in others]
        elif self.choice.way == "nearest" and others and self.choice.count:
            assert self._embedder is not None  # checked above
            cosines = self._vectors @ self._embedder.embed_query(abstract)
            others = sorted(others, key=lambda n: (-float(cosines[n]), n))[: self.choice.count][::-1]
        return [self._known[n] for n in others[: self.choice.count]]

    @cached_property
    def _known(self) -> tuple[Example, ...]:
        return tuple(self._given() if callable(self._given) else self._given)

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        assert self._embedder is not None
        return self._embedder.embed_texts([example.abstract for example in self._known])


def examples_file(folder: Path | None) -> Path:
    """Give the file of examples: that of the course team's prompts folder, if it has one, else ours."""
    own = None if folder is None else folder / FILE_NAME
    return own if own is not None and own.is_file() else PACKAGED


def _same(abstract: str) -> str:
    return " ".join(abstract.split()).casefold()
