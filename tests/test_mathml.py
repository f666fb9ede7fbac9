"""Formulas of the material are set as MathML and nothing else, whatever they hold; what cannot be set stays text."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.formulas import formulas_in
from ui.mathml import DEEPEST, LONGEST, mathml
from ui.passages import passage_html

SET = [
    (r"\frac{QK^T}{\sqrt{d_k}}", "<mfrac>"),
    (r"\text{softmax}(x)", "<mtext>softmax</mtext>"),
    (r"\sum_{i=1}^{n} x_i \le \infty", "<munderover><mo>∑</mo>"),
    (r"\begin{align} a &= b \\ c &= d \end{align}", "<mtable"),
    (r"\begin{eqnarray}a&=&b\end{eqnarray}", "<mtable"),
    (r"\begin{gather} x \\ y \end{gather}", "<mtable"),
    (r"\begin{equation} x \label{e} \end{equation}", "<mi>x</mi>"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "<mtd><mn>4</mn></mtd>"),
    (r"\mathbf{W}_1", "𝐖"),
    ("a < b", "<mo>&lt;</mo>"),
    (r"50\%", "%"),
]
NOT_SET = [
    *("", " ", r"\unknown{x}", "50% of x", "a & b", r"a \\ b", "{", "}", "^", "_", r"\frac", r"\left(", "x^" * 300),
    *(r"\href{javascript:alert(1)}{x}", r"\newcommand{\a}{\a\a}\a", r"\def\a{x}\a", r"\let\a b", r"\verb|<img src=x>|"),
    *(r"\style{position:fixed}{x}", r"\class{lectern-look}{x}", r"\unicode{x3c}script>", r"\phantom{hidden}"),
    *(r"\sqrt" * 150 + "x", "{" * 300 + "}" * 300, "a_{" * DEEPEST + "}" * DEEPEST, "x" * (LONGEST + 1)),
    *(r"\begin{matrix}" * 50, r"\begin{tikzpicture}\end{tikzpicture}", r"\input{/etc/passwd}", r"\write18{ls}"),
]
HOSTILE = [
    r"\text{<script>alert(1)</script>}",
    r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
    r"\text{&#60;img src=x onerror=alert(1)&#62;}",
    r"\mathrm{<img src=x onerror=alert(1)>}",
    r"\operatorname{x}<iframe src=//evil.example>",
    r"\color{red;background:url(//evil.example)}{x}",
    r"\colorbox{white}{x}",
    r"\fcolorbox{red\" onclick=\"alert(1)}{white}{x}",
    r"\rule{999em}{999em}",
    r"\hspace{-400em}x\raisebox{99em}{y}",
    r"\begin{array}{c\" onclick=\"alert(1)}x\end{array}",
    r"\tag{<b>1</b>}",
    "</math><script>alert(1)</script>",
    r"\text{</mtext></math><style>*{display:none}</style>}",
]
ATTRIBUTES = frozenset((  # fmt: skip
    "accent", "columnalign", "depth", "display", "displaystyle", "fence", "form", "height", "largeop",
    "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rspace", "scriptlevel",
    "separator", "stretchy", "voffset", "width",
))  # fmt: skip


class Reader(HTMLParser):
    """Notes the elements of a page, and what stands open at its end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: dict[str, str] = {}
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name: value or "" for name, value in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def is_mathml_alone(shown: str) -> None:
    read = Reader(shown)
    assert read.open == [] and all(re.fullmatch("math|m[a-z]{1,9}", name) for name in read.names)
    assert read.names.isdisjoint({"meta", "main", "map", "mark", "marquee", "menu", "meter", "mglyph", "maction"})
    assert set(read.attributes) <= ATTRIBUTES
    assert all(re.fullmatch(r"[a-z]+|[-+]?\d?\d?(\.\d{1,4})?(em|ex|px|pt)?", v) for v in read.attributes.values())


@pytest.mark.parametrize(("tex", "part"), SET)
def test_a_formula_is_set(tex: str, part: str) -> None:
    shown = mathml(tex, True) or ""
    assert part in shown and "(1)" not in shown
    is_mathml_alone(shown)


@pytest.mark.parametrize("tex", NOT_SET)
def test_what_cannot_be_set_stays_text(tex: str) -> None:
    assert mathml(tex, True) is None


@pytest.mark.parametrize("tex", HOSTILE)
def test_no_html_comes_out_of_tex(tex: str) -> None:
    is_mathml_alone(mathml(tex, False) or "")
    shown = passage_html(f"So $${tex}$$ and \\({tex}\\) hold.", [tex[:9]])
    assert Reader(shown).names <= {"mark"} | Reader(mathml(tex, False) or "").names


PIECES = [
    *("{", "}", "^", "_", "&", "<", ">", '"', "'", "$", "%", "#", "~", " ", "x", "1", "(", "[", "]", "|", "\\\\"),
    *(r"\frac", r"\sqrt", r"\text{", r"\left(", r"\right)", r"\begin{align}", r"\end{align}", r"\begin{array}{cc}"),
    *(r"\end{array}", r"\hat", r"\mathbf{", r"\href{", r"\color{", r"\operatorname{", r"\rule{", r"\limits", r"\sum"),
    *(
        "&lt;",
        "&#60;",
        "<script>",
        "</math>",
        "\n",
        r"\tag{",
        r"\hspace{",
        r"\genfrac",
        r"\overset",
        r"\not",
        r"\substack",
    ),
]


@given(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=60).map("".join), st.booleans())
def test_whatever_tex_holds_mathml_alone_comes_out(tex: str, displayed: bool) -> None:
    is_mathml_alone(mathml(tex, displayed) or "")


def test_the_longest_formula_takes_no_time_to_speak_of() -> None:
    pieces = [
        p * (LONGEST // len(p)) for p in (*PIECES, r"\sqrt{", r"\frac{", "a_{", r"\left(", r"\over ", "x'", "x_1^2")
    ]
    began = time.monotonic()
    for tex in pieces:
        mathml(tex, True)
    assert time.monotonic() - began < len(pieces) * 0.2


@given(st.lists(st.sampled_from(["$", "$$", r"\(", r"\)", "x", "^2", " so ", "|", "\n", "`", "5"]), max_size=30))
def test_formulas_and_marks_never_tear_each_other(pieces: list[str]) -> None:
    text = "".join(pieces)
    for start in range(0, len(text), 3):
        shown = passage_html(text, [text[start : start + 4], text[start + 5 : start + 8]])
        assert Reader(shown).open == []


def test_a_quote_is_marked_with_the_formulas_in_it_and_across_its_edges() -> None:
    text = r"We take $x^2$ here. So $$\frac{a}{b}$$ holds for \(y\)."
    shown = passage_html(text, ["here. So $$\\frac{a}", "for \\(y\\)."])
    assert len(re.findall("<mark>here. So <math display=.block.*?</math></mark> holds", shown)) == 1
    assert len(re.findall("<mark>for <math.*?</math>.</mark>", shown)) == 1
    assert shown.startswith("We take <math") and "$" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $12.",
        "`$x$` is code",
        "```\n$x$\n```\n",
        'plt.title("$x^2$")',
        "pattern = r'\\(a\\)'",
        '"title": "$x$",',
        "cp $a/$b ${A}/${B}",
        "see \\\\(a\\\\)",
    ],
)
def test_money_and_code_are_no_formulas(text: str) -> None:
    assert formulas_in(text) == [] and "<math" not in passage_html(text, [])


@pytest.mark.parametrize("text", ["the $n$th of the $n$s", "| $a$ | \\(n\\) |\n|---|---|\n", "$a$: \\(b\\)"])
def test_formulas_are_found_in_prose_and_in_tables(text: str) -> None:
    assert [f.is_displayed for f in formulas_in(text)] == [False, False]
    assert passage_html(text, []).count("<math") == 2


def test_a_formula_that_runs_over_lines_is_set_as_one() -> None:
    text = "The weights of attention are given for each query by a sum $a\n+ b$ that is taken over all of its keys."
    assert "<mi>a</mi><mo>+</mo><mi>b</mi>" in passage_html(text, [])
