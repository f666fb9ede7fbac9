"""LaTeX marks in abstracts: what is read through, and where a piece of the plain text stands in the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.latex_marks import plain


@pytest.mark.parametrize(
    ("original", "name", "stands_as"),
    [
        (r"We call it \textsc{BERT}.", "BERT", "BERT"),
        (r"the $\alpha$-Net beats", "α-Net", r"$\alpha$-Net"),
        (r"S$^2$-MLP is new", "S2-MLP", r"S$^2$-MLP"),
        (r"R$^{2}$Gen", "R2Gen", r"R$^{2}$Gen"),
        (r"\textsc{Bert}-Large wins", "Bert-Large", r"\textsc{Bert}-Large"),
        (r"{\bf phi-1.5} is small", "phi-1.5", "phi-1.5"),
        (r"$\mathcal{F}$-GAN", "F-GAN", r"$\mathcal{F}$-GAN"),
        (r"\textbf{\emph{Mo}del} X", "Model", r"\emph{Mo}del"),
        (r"\textbf{a \emph{Mo}del}s", "Models", r"\textbf{a \emph{Mo}del}s"),
        (r"Falcon~7B at 40\% cost", "Falcon 7B at 40%", r"Falcon~7B at 40\%"),
        (r"Foo\xspace is", "Foo is", r"Foo\xspace is"),
        (r"Fran\c{c}aisBERT reads", "FrançaisBERT", r"Fran\c{c}aisBERT"),
        (r"Ren{\'e}GPT, \"OzNet, Bj\o rnNet, Stra{\ss}eNet", "RenéGPT", r"Ren{\'e}GPT"),
        (r"G\"{o}delNet is", "GödelNet", r"G\"{o}delNet"),
        (r"Bj\o rnNet and \v{S}kodaNet", "BjørnNet and ŠkodaNet", r"Bj\o rnNet and \v{S}kodaNet"),
        (r"T5$_{11B}$ is large", "T5-11B", r"T5$_{11B}$"),
        (r"T5$_{11B}$ is large", "T5", "T5"),
        (r"BERT$_{\text{LARGE}}$ too", "BERT-LARGE", r"BERT$_{\text{LARGE}}$"),
        (r"Ro\-BERTa is", "RoBERTa", r"Ro\-BERTa"),
        (r"GPT\mbox{-}4 is", "GPT-4", r"GPT\mbox{-}4"),
        (r"Stable\ Diffusion\,2", "Stable Diffusion 2", r"Stable\ Diffusion\,2"),
        (r"CO$_2$ and x$_{i}$", "CO2 and xi", r"CO$_2$ and x$_{i}$"),
    ],
)
def test_a_name_is_read_through_its_marks(original: str, name: str, stands_as: str) -> None:
    read = plain(original)
    at = read.text.index(name)
    assert original[slice(*read.place(at, at + len(name)))] == stands_as
    assert read.had_marks


@pytest.mark.parametrize(
    "text",
    ["costs $5 and $10", r"see \cite{a}", "{braces}", r"\textbf{never closed", "$O(1)$ time", "a^2", "tie~"],
)
def test_what_is_no_mark_of_a_name_stays(text: str) -> None:
    read = plain(text)
    assert read.text == text
    assert not read.had_marks
    assert read.place(0, len(text)) == (0, len(text))


def test_an_accent_that_no_letter_has_moves_no_place() -> None:
    text = r"a \^2 FooNet"
    read = plain(text)
    at = read.text.index("FooNet")
    assert text[slice(*read.place(at, at + 6))] == "FooNet"


@given(st.lists(st.sampled_from([*"ab{}$\\^_~ 2", r"\textbf{", r"\alpha", "{\\bf ", r"\%", "Net"]), max_size=30))
def test_every_piece_has_a_place_that_holds_its_letters(pieces: list[str]) -> None:
    text = "".join(pieces)
    read = plain(text)
    for start in range(len(read.text)):
        for end in range(start + 1, min(len(read.text), start + 5) + 1):
            begin, stop = read.place(start, end)
            assert 0 <= begin < stop <= len(text)
            assert all(
                c in text[begin:stop] for c in read.text[start:end] if c.isascii() and c not in " -"
            )  # both may stand for a mark


@pytest.mark.parametrize("piece", ["\\textbf{", "$a", "$", "{\\bf ", "\\", "$^{", "\\alpha"])
def test_no_text_is_read_more_than_a_few_times(piece: str) -> None:
    plain(piece * (20_000 // len(piece)))
