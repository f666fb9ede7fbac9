"""Ids of arXiv's papers in all the forms that people write. Asks nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index_store.errors import InvalidInput

# The archives of ids before April 2007 (https://arxiv.org/archive): so a path like notes/0102003 is no id.
_ARCHIVES = (
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga"
    " funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph"
    " q-alg q-bio quant-ph solv-int supr-con"
)
_ID = (
    r"(?P<number>(?:07(?:0[4-9]|1[0-2])|(?:0[89]|1[0-4])(?:0[1-9]|1[0-2]))\.[0-9]{4}"  # 0704 to 1412: four digits
    r"|(?:1[5-9]|[2-9][0-9])(?:0[1-9]|1[0-2])\.[0-9]{5}"  # since 1501: five
    rf"|(?:{'|'.join(_ARCHIVES.split())})(?:\.[a-z]{{2}})?/(?:9[1-9]|0[0-7])(?:0[1-9]|1[0-2])[0-9]{{3}})"
    r"(?:v(?P<version>[1-9][0-9]{0,2}))?"
)
_FORMS = (
    re.compile(rf"(?:arxiv:\s*)?{_ID}(?:\s*\[[\w.-]+\])?", re.IGNORECASE),
    re.compile(
        rf"(?:https?://)?(?:www\.|export\.)?arxiv\.org(?::\d+)?/(?:abs|pdf|html|format|ps)/{_ID}(?:\.pdf)?/?(?:[?#].*)?",
        re.IGNORECASE,
    ),
    re.compile(rf"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\.{_ID}", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class PaperId:
    """An arXiv id, `2310.10631` or `hep-th/9901001`; without a version it means the latest."""

    number: str
    version: int | None = None

    def __str__(self) -> str:
        return self.number if self.version is None else f"{self.number}v{self.version}"


def parse_id(text: str) -> PaperId | None:
    """Read an id as people write it: bare, with `arxiv:`, or as an address or DOI of the paper. None if it is none."""
    for form in _FORMS:
        match = form.fullmatch(text.strip())
        if match is not None:
            number, version = match["number"], match["version"]
            archive, slash, rest = number.partition("/")
            return PaperId(_archive(archive) + slash + rest, None if version is None else int(version))
    return None


def _archive(name: str) -> str:
    """Spell an archive as arXiv does: `math.GT`, whatever case it was written in."""
    head, dot, subject = name.lower().partition(".")
    return f"{head}{dot}{subject.upper()}"


def required_id(paper_id: PaperId | str) -> PaperId:
    """Read an id that there has to be.

    Raises:
        InvalidInput: when the text is none.
    """
    found = parse_id(paper_id) if isinstance(paper_id, str) else paper_id
    if found is None:
        raise InvalidInput(
            f"{str(paper_id)[:80]!r} is no arXiv id.", hint="Write it as arxiv:2310.10631 or arxiv:hep-th/9901001."
        )
    return found
