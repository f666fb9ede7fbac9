"""Turns a formula in TeX into MathML, which the browser sets by itself. Pure; what it cannot turn stays as it is.

TeX from outside is hostile input. The library gives a tree of elements (its own text form would let tags through), and
of that only known elements and attributes are written here, every text escaped, within a length and a depth.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree.ElementTree import Element

LONGEST = 1_000
"""Characters of a formula."""
MOST_ELEMENTS = 1_500
DEEPEST = 40
_BOLD = {c + n: b + n for c, b, many in ((65, 0x1D400, 26), (97, 0x1D41A, 26), (48, 0x1D7CE, 10)) for n in range(many)}
"""Letters by their bold ones: of the ways to say that it is bold, browsers know this one."""
_ELEMENTS = frozenset((  # fmt: skip
    "math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow", "mspace",
    "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
))  # fmt: skip
_WORDS = re.compile(r"(?:true|false|inline|block|normal|prefix|infix|postfix|left|right|center|\d{1,2})\Z")
_LENGTH = re.compile(r"[+-]?\d?(?:\.\d{1,4})?(?:em|ex|px)\Z|\dpt\Z")
_VALUES = {
    **dict.fromkeys(("width", "height", "depth", "lspace", "rspace", "voffset", "minsize", "maxsize"), _LENGTH),
    **dict.fromkeys(("accent", "columnalign", "display", "displaystyle", "fence", "form", "largeop"), _WORDS),
    **dict.fromkeys(("linethickness", "mathvariant", "movablelimits", "scriptlevel", "separator", "stretchy"), _WORDS),
}
"""What an attribute may be. No colours, which hide text, no sizes that cover others, no addresses."""
_REFUSED = re.compile(
    r"(?<!\\)%"  # what stands behind it would be left out
    r"|\\(?:[a-z]*(?:command|environment)|DeclareMathOperator|[gex]?def|let|require|unicode|verb|href|style|class"
    r"|[hv]?phantom)(?![A-Za-z])"
    r"|\\begin\s*\{(?!(?:align|aligned|gather|gathered|multline|eqnarray|equation|displaymath|array|cases|split"
    r"|[pbBvV]?matrix|smallmatrix)\*?\})"  # of others the library leaves out what makes them
)
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])")
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(align|gather|multline|eqnarray|equation|displaymath)(\*?)\}")
_AS = {"align": "align*", "gather": "matrix", "multline": "matrix", "equation": "equation*", "displaymath": "equation*"}
"""Environments by those that the library sets without numbers of its own: the material has none there."""


@lru_cache(maxsize=2_000)
def mathml(tex: str, displayed: bool) -> str | None:
    r"""Give a formula, without its dollars or brackets, as MathML; None where that cannot be.

    >>> mathml("x^2", False)
    '<math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    >>> mathml(r"\unknown{x}", False) is None
    True
    """
    if len(tex) > LONGEST or not tex.strip() or _REFUSED.search(tex) or _depth(tex) > DEEPEST // 2:
        return None
    from latex2mathml.converter import Converter

    try:
        tree = Converter(display="block" if displayed else "inline").convert_to_element(_plain(tex))
    except Exception:  # whatever the library stumbles over (its errors have no common class) stays as text
        return None
    return _written(tree)


def _plain(tex: str) -> str:
    return _ENVIRONMENT.sub(_environment, _LABEL.sub("", tex))


def _environment(found: re.Match[str]) -> str:
    side, name = found[1], found[2]
    if name == "eqnarray":
        return rf"\{side}{{array}}" + ("{rcl}" if side == "begin" else "")
    return rf"\{side}{{{_AS[name]}}}"


def _depth(tex: str) -> int:
    deepest = now = 0
    for sign in re.findall(r"\\.|[{}]", tex):
        now += 1 if sign == "{" else -1 if sign == "}" else 0
        if now < 0:
            break
        deepest = max(deepest, now)
    return DEEPEST if now else deepest  # what is not balanced is no formula


def _written(tree: Element) -> str | None:
    """Write a tree, its known parts alone; None where it is too large or holds TeX that was not understood."""
    parts: list[str] = []
    count = 0
    # A list instead of recursion: what closes an element stands in it too.
    waiting: list[tuple[Element | str, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        said, count = html.unescape(node.text or ""), count + 1
        if node.get("mathvariant") == "bold":
            said = said.translate(_BOLD)
        if node.tag not in _ELEMENTS or count > MOST_ELEMENTS or depth > DEEPEST or _not_understood(node, said):
            return None
        known = "".join(f' {n}="{v}"' for n, v in node.attrib.items() if n in _VALUES and _VALUES[n].match(v))
        parts.append(f"<{node.tag}{known}>{html.escape(said)}")
        waiting.append((f"</{node.tag}>", depth))
        waiting += [(child, depth + 1) for child in reversed(node)]
    return "".join(parts)


def _not_understood(node: Element, said: str) -> bool:
    """Tell a command that is not known, an alignment outside of a table, and a line that MathML does not break."""
    return "\\" in said or said == "&" or "linebreak" in node.attrib
