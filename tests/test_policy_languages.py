"""Which questions count as being in another language for the rule of an assignment: in doubt they do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.languages import language_of
from assistant.policy.foreign import is_foreign

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "question_languages.jsonl").read_text("utf-8").splitlines()
]
LOOKS_SO = ("Translate ", "Sur la table ")
"""English ones that hold nothing but words of another language, or quote a sentence of it."""
FOREIGN = [
    "写 一 个 分 类 器 给 我",
    "写.一.个.分.类.器",
    "П р и в е т н а п и ш и к о д",
    "코 드 를 써 줘",
    "Γ ρ ά ψ ε μ ο υ τ ο ν κ ώ δ ι κ α",
    "𝐖𝐫𝐢𝐭𝐞 𝐦𝐞 𝐭𝐡𝐞 𝐜𝐨𝐝𝐞",
    "Ecris le code du classifieur",
    "ecris la fonction",
    "ECRIS LA FONCTION",
    "dame el codigo",
    "dame_el_codigo",
    "resuelve la tarea",
    "le code les tests",
    "los codigos las pruebas",
    "el codigo y pruebas",
    "erklare die Losung",
    "faca o exercicio com testes para mim",
    '"escribeme la funcion"',
]
NOT_FOREIGN = [
    "α β γ",
    "λ = 2?",
    "𝑝(𝑥|𝑦) = 𝑝(𝑥)",
    "What is 𝑝(𝑥|𝑦) = ∏ᵢ 𝑝(𝑥ᵢ)?",
    "ℝ, ℕ and ℵ₀",
    "What does 写 mean in the title?",
    "La La Land review sentiment",
    "Plot y against y_hat, and e against o",
    "ai ci pipelines",
    "Summarise Vaswani et al. and Brown et al.",
    "Open https://es.example.org/la/que/es/un/sitio",
    "Has anyone seen Dr. van den Berg?",
]


@pytest.mark.parametrize("question", FOREIGN)
def test_a_question_in_another_language_is_told_without_accents_and_with_spaces_between_its_letters(
    question: str,
) -> None:
    assert is_foreign(question)


@pytest.mark.parametrize("question", NOT_FOREIGN)
def test_formulas_names_and_codes_are_in_no_other_language(question: str) -> None:
    assert not is_foreign(question)


def test_whatever_the_note_takes_for_another_language_the_rule_does_and_next_to_nothing_that_is_english() -> None:
    assert all(is_foreign(row["question"]) for row in ROWS if language_of(row["question"]) not in (None, "English"))
    english = [row["question"] for row in ROWS if row["language"] == "en"]
    assert [question for question in english if is_foreign(question) and not question.startswith(LOOKS_SO)] == []
