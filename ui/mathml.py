"""Turns a formula in TeX into MathML, which the browser sets by itself. Pure; what it cannot turn stays as it is.

TeX from outside is hostile input. The library gives a tree of elements (its own text form would let tags through), and
of that only known elements and attributes are written here, every text escaped, within a length and a depth. Nothing is
moved or hidden, and a formula is left as it is written rather than shown with another meaning.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache, lru_cache
from itertools import takewhile
from xml.etree.ElementTree import Element  # nosec B405 - a tree that is built, and nothing is parsed

LONGEST = 1_000
"""Characters of a formula."""
MOST_ELEMENTS = 1_500
DEEPEST = 40
_NOT, _STROKE = "\N{BIG SOLIDUS}", "\N{COMBINING LONG SOLIDUS OVERLAY}"
"""What the library writes for a negation, a stroke beside the sign; and what makes one sign of both."""
_ELEMENTS = frozenset((  # fmt: skip
    "math", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mroot", "mrow", "mspace", "msqrt", "mstyle",
    "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
))  # fmt: skip
_WORDS = re.compile(r"(?:true|false|inline|block|normal|prefix|infix|postfix|left|right|center|\d{1,2})\Z")
_TOKENS = frozenset(("mi", "mn", "mo", "mtext"))
_LENGTH = re.compile(r"\+?[0-2]?(?:\.\d{1,4})?(?:em|ex|px)\Z|\dpt\Z")
_SLIGHTLY_BACK = re.compile(r"-(?:0?(?:\.[0-2]\d*)?(?:em|ex)|[0-5]?(?:\.\d+)?(?:mu|pt|px))\Z")
"""Spaces backwards that may be left out: longer ones lay one sign over another."""
_VALUES = {
    **dict.fromkeys(("width", "lspace", "rspace", "minsize", "maxsize"), _LENGTH),
    **dict.fromkeys(("accent", "columnalign", "display", "displaystyle", "fence", "form", "largeop"), _WORDS),
    **dict.fromkeys(("linethickness", "mathvariant", "movablelimits", "scriptlevel", "separator", "stretchy"), _WORDS),
}
"""What an attribute may be. No colours, which hide text, no places and sizes that cover others, no addresses."""
_NO_MEANING = frozenset((  # fmt: skip
    "accent", "columnalign", "columnspacing", "depth", "height", "lspace", "mathbackground", "mathcolor", "mathsize",
    "mathvariant", "maxsize", "minsize", "rowspacing", "rspace", "voffset", "width", "xmlns",
))  # fmt: skip
"""Attributes that may be left out (a letter's variant is in the letter); of others the meaning would be lost."""
_REFUSED = re.compile(
    r"(?<!\\)%"  # what stands behind it would be left out
    r"|\\(?:[a-z]*(?:command|environment)|DeclareMathOperator|[gex]?def|let|require|unicode|verb|href|style|class"
    r"|[hv]?phantom|[a-z]*lap|raise|lower|move(?:left|right)|rule)(?![A-Za-z])"
    r"|\\math(?!(?:bb|bf|cal|frak|it|rm|scr|sf|sfit|tt|bin|close|inner|op|open|ord|punct|rel|ring)(?![A-Za-z]))"
    r"|\\operatorname(?!(?:\*|withlimits)?\{[A-Za-z]+\})"
    r"|\\(?:bm|bold|boldsymbol|pmb|math[a-z]+)\s*\{[^{}]*\\begin(?![A-Za-z])"  # letters in a table would not be bold
    r"|\\begin\s*\{(?!(?:align|aligned|gather|gathered|multline|eqnarray|equation|displaymath|array|cases|split"
    r"|[pbBvV]?matrix|smallmatrix)\*?\})"  # of others the library leaves out what makes them
)
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])")
_STRUT = re.compile(r"\\(?:math)?strut(?![A-Za-z])")
_DOUBLE_STRUCK = re.compile(r"\\math(?:ds|bbm)(?![A-Za-z])")
_ARG = re.compile(r"\\arg(?![A-Za-z])")  # the library does not know it
_OPERATOR = re.compile(r"\\operatorname\s*(?P<star>\*|withlimits)?\s*\{(?P<name>(?:[^{}]|\{[^{}]*\}){1,80})\}")
_UPRIGHT = re.compile(
    r"\\(?:text(?:rm|normal|up)?|mathrm|mbox)\s*\{([A-Za-z]*)\}|\\[,:;! ]|\\(?:rm|thinspace)(?![A-Za-z])|\s"
)
"""What says of an operator's name nothing that is not said already, and its spaces, which are narrow."""
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
    if len(tex) > LONGEST or not tex.strip() or _depth(tex) > DEEPEST // 2 or _REFUSED.search(plain := _plain(tex)):
        return None
    from latex2mathml.converter import Converter

    try:
        tree = Converter(display="block" if displayed else "inline").convert_to_element(plain)
    except Exception:  # whatever the library stumbles over (its errors have no common class) stays as text
        return None
    return _written(tree)


def _plain(tex: str) -> str:
    tex = _DOUBLE_STRUCK.sub(r"\\mathbb", _STRUT.sub(" ", _LABEL.sub("", tex)))
    tex = _ARG.sub(r"\\operatorname{arg}", tex)
    return _ENVIRONMENT.sub(_environment, _OPERATOR.sub(_operator, tex))


def _operator(found: re.Match[str]) -> str:
    return rf"\operatorname{found['star'] or ''}{{{_UPRIGHT.sub(lambda part: part[1] or '', found['name'])}}}"


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
        said, count = _lettered(node), count + 1
        if node.tag not in _ELEMENTS or count > MOST_ELEMENTS or depth > DEEPEST or _not_understood(node, said):
            return None
        # What pads is a row without its sizes and shifts, and so is a sign that holds others: browsers know none.
        tag = "mrow" if node.tag == "mpadded" or (node.tag in _TOKENS and len(node)) else node.tag
        known = _attributes(node, tag)
        children = _negated(list(node))
        if known is None or children is None:
            return None
        parts.append(f"<{tag}{known}>{html.escape(said or '')}")
        waiting.append((f"</{tag}>", depth))
        waiting += [(child, depth + 1) for child in reversed(children)]
    return "".join(parts)


def _attributes(node: Element, tag: str) -> str | None:
    """Write the known attributes of an element; None where a meaning would go with another."""
    if node.tag == "mspace" and (width := node.get("width", "")).startswith("-") and not _SLIGHTLY_BACK.match(width):
        return None
    known = {n: v for n, v in node.attrib.items() if n in _VALUES and _VALUES[n].match(v)}
    if any(n not in known and n not in _NO_MEANING for n in node.attrib):
        return None
    if node.tag == "mi" and re.match(r"&#x0*[4567][0-9A-Fa-f];\Z", node.text or ""):
        known["mathvariant"] = "normal"  # so the library writes an upright letter, and a browser would slant it
    return "".join(f' {n}="{v}"' for n, v in known.items()) if tag == node.tag else ""


def _negated(children: list[Element]) -> list[Element] | None:
    """Make one sign of a stroke and the sign behind it; None where there is none for both."""
    found: list[Element] = []
    for child in reversed(children):
        if child.tag == "mpadded" and [html.unescape(c.text or "") for c in child] == [_NOT]:
            sign = html.unescape(found[-1].text or "") if found and found[-1].tag in _TOKENS else ""
            both = unicodedata.normalize("NFC", sign + _STROKE)
            if len(sign) != 1 or len(both) != 1:
                return None
            found[-1] = Element("mo", {})
            found[-1].text = both
        else:
            found.append(child)
    return found[::-1]


@cache
def _letters() -> dict[str, dict[int, str]]:
    """Give the letters of each variant by the plain ones: browsers know the letters, and of the attribute "normal"."""
    styles = {"BOLD", "ITALIC", "SCRIPT", "FRAKTUR", "BLACK-LETTER", "DOUBLE-STRUCK", "SANS-SERIF", "MONOSPACE"}
    found: dict[str, dict[int, str]] = {"italic": {ord("h"): "\N{PLANCK CONSTANT}"}}
    for letter in map(chr, (*range(0x2100, 0x2150), *range(0x1D400, 0x1D800))):
        made_of = unicodedata.decomposition(letter).split()
        words = unicodedata.name(letter, "").removeprefix("MATHEMATICAL ").split()
        style = "-".join(takewhile(styles.__contains__, words)).lower().replace("black-letter", "fraktur")
        if style and made_of[:1] == ["<font>"]:
            found.setdefault(style, {})[int(made_of[1], 16)] = letter
    found["bold-italic"] = found["bold"] | found["bold-italic"]  # of numbers there are upright ones alone
    return found


def _lettered(node: Element) -> str | None:
    """Give an element's text in the letters of its variant; None where there are none."""
    said, variant = html.unescape(node.text or ""), node.get("mathvariant", "normal")
    if variant == "normal" or node.tag == "mtext":
        return said
    letters = _letters().get(variant, {})
    if variant != "italic" and any(ord(sign) not in letters for sign in said if sign.isalnum()):
        return None
    return said.translate(letters)


def _not_understood(node: Element, said: str | None) -> bool:
    """Tell a command that is not known, an alignment outside of a table, and a line that MathML does not break."""
    is_nothing = node.tag == "mo" and not said and len(node) == 0 and "fence" not in node.attrib
    return said is None or "\\" in said or said == "&" or "linebreak" in node.attrib or is_nothing
