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
from ui.passages import MOST_FORMULAS, formulas_set, passage_html, prose_marked

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
MEANT = [
    (r"a \not= b", "<mo>≠</mo>"),
    (r"a \not\to b", "<mo>↛</mo>"),
    (r"a \not\in b", "<mo>∉</mo>"),
    (r"a \not\equiv b", "<mo>≢</mo>"),
    (r"\not b", None),
    (r"\not\frac{a}{b}", None),
    (r"a \not", None),
    (r"\cancel{x}+y", None),
    (r"\bcancel{x}", None),
    (r"\xcancel{x}", None),
    (r"\sout{x}", None),
    (r"\boxed{x}", None),
    (r"\fbox{x}", None),
    (r"\operatorname*{arg\,max}_{y}", '<mo movablelimits="true">argmax</mo>'),
    (r"\operatorname*{argmax}_y", '<mo movablelimits="true">argmax</mo>'),
    (r"\operatorname * {arg\ min}", '<mo movablelimits="true">argmin</mo>'),
    (r"\operatorname{\text{softmax}}(x)", "<mo>softmax</mo>"),
    (r"\operatorname{\mathrm{softmax}}(x)", "<mo>softmax</mo>"),
    (r"\operatorname{soft max}", "<mo>softmax</mo>"),
    (r"\arg\max_y p", "<mo>arg</mo><msub><mo>max</mo>"),
    (r"\operatorname{\text{log odds}}", None),
    (r"\operatorname{F*}", None),
    (r"\operatorname{\frac{a}{b}}", None),
    (r"\mathop{\rm argmax}_y", '<msub><mrow><mrow><mi mathvariant="normal">a</mi>'),
    (r"\boldsymbol{\theta}", "<mi>𝜽</mi>"),
    (r"\boldsymbol\Sigma", "<mi>𝜮</mi>"),
    (r"\mathbf{\theta}", "<mi>𝛉</mi>"),
    (r"\bm{W}", "<mi>𝑾</mi>"),
    (r"\bm{W_1}", "<mn>𝟏</mn>"),
    (r"\boldsymbol{\nabla}", "<mo>𝛁</mo>"),
    (r"\mathbf{x + y}", "<mi>𝐱</mi><mo>+</mo><mi>𝐲</mi>"),
    (r"\bm{\begin{matrix}a\end{matrix}}", None),
    (r"\mathbf{é}", None),
    (r"\mathds{1}", "<mn>𝟙</mn>"),
    (r"\mathbbm{1}", "<mn>𝟙</mn>"),
    (r"\mathbb{E}[x]", "<mi>𝔼</mi>"),
    (r"\mathcal{L}_{\mathcal{AB}}", "<mi>𝒜</mi><mi>ℬ</mi>"),
    (r"\mathfrak{gh}", "<mi>𝔤</mi><mi>𝔥</mi>"),
    (r"\mathcal{1}", None),
    (r"\mathit{dh}", "<mi>𝑑</mi><mi>ℎ</mi>"),
    (r"\mathrm{d}x", '<mi mathvariant="normal">d</mi><mi>x</mi>'),
    (r"\mathunknown{x}", None),
    (r"\begin{array}{c|c}a&b\end{array}", None),
    (r"\begin{array}{c}a\\ \hline b\end{array}", None),
    (r"{a \above 2em b}", None),
    (r"\rule{1em}{1pt}", None),
    (r"\fcolorbox{red}{white}{x}", None),
    (r"\binom{n}{k}", '<mfrac linethickness="0">'),
    (r"\left.x\right|_0", '<mo stretchy="true" fence="true" form="prefix"></mo>'),
    (r"\perp\!\!\!\perp", "<mspace></mspace>"),
    (r"\xrightarrow{n}", "<mrow><mrow><mi>n</mi></mrow><mspace></mspace></mrow>"),
    (r"x\mathstrut", "<mi>x</mi>"),
]
"""Formulas by what is shown of them; None where their meaning would change, so that they stay as written."""
COVERING = [
    (r"\smash{\raise3.6em{\text{NOT SO.}}}", None),
    (r"\raise1.7em{x}", None),
    (r"\lower 9pt{x}", None),
    (r"\moveleft3em{x}", None),
    (r"\moveright3em{x}", None),
    *((rf"\{lap}{{x}}", None) for lap in ("rlap", "llap", "clap", "mathrlap", "mathllap", "mathclap")),
    *((rf"\{name}{{x}}", None) for name in ("phantom", "hphantom", "vphantom")),
    (r"\text{true}\hspace{-3em}\text{false}", None),
    (r"=\kern-0.7em/", None),
    (r"=\mkern-18mu/", None),
    (r"=\hskip-1em/", None),
    (r"a\kern-0.1em b", "<mspace></mspace>"),
    (r"a\hspace{9em}b", "<mspace></mspace>"),
    (r"\smash{x}", "<mrow><mrow><mi>x</mi></mrow></mrow>"),
    (r"\vcenter{x}", "<mrow><mrow><mi>x</mi></mrow></mrow>"),
    (r"\color{white}{x}", "<mi>x</mi>"),
    (r"\Huge x", "<mstyle><mi>x</mi></mstyle>"),
]
"""What would lay text over other text, or hide it."""
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
    "accent", "columnalign", "display", "displaystyle", "fence", "form", "largeop",
    "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rspace", "scriptlevel",
    "separator", "stretchy", "width",
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
    assert read.names.isdisjoint({"mpadded", "mphantom", "menclose"})
    assert set(read.attributes) <= ATTRIBUTES
    assert all(re.fullmatch(r"[a-z]+|[+]?\d?\d?(\.\d{1,4})?(em|ex|px|pt)?", v) for v in read.attributes.values())


@pytest.mark.parametrize(("tex", "part"), SET)
def test_a_formula_is_set(tex: str, part: str) -> None:
    shown = mathml(tex, True) or ""
    assert part in shown and "(1)" not in shown
    is_mathml_alone(shown)


@pytest.mark.parametrize(("tex", "part"), MEANT + COVERING)
def test_a_formula_is_shown_as_it_is_meant_or_left_as_it_is_written(tex: str, part: str | None) -> None:
    shown = mathml(tex, True)
    if part is None:
        assert shown is None
    else:
        assert shown is not None and part in shown
        is_mathml_alone(shown)


def test_of_a_long_text_the_formulas_that_are_shown_are_set_and_counted() -> None:
    text = "".join(f"Line ${{x_{{{n}}}}}$.\n" for n in range(2 * MOST_FORMULAS))
    start = text.index(f"Line ${{x_{{{MOST_FORMULAS + 9}}}}}$")
    shown = prose_marked(text, [], start, len(text))
    assert "$" not in shown and shown.count("<math") == MOST_FORMULAS - 9
    assert len(formulas_set(text)) == MOST_FORMULAS
    assert set(formulas_set(text, start, start + 20)) == {(start + 5, text.index(".", start))}


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
        r"\smash{",
        r"\raise9em",
        r"\kern-9em",
        r"\mathbb{",
        r"\mathop{",
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
