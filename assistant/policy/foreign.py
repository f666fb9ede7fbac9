"""Tells whether a question is plainly not English, for the rule of an assignment: in doubt it is.

The note of the language, for which `assistant.languages` is made, must not come without need; a rule must not fail.
So two articles are enough here, orders count without their accents, and letters with spaces between them are letters.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from unicodedata import combining, name, normalize

from assistant.languages import ENGLISH, LANGUAGES_OF, LATIN, OTHER_LETTERS, language_of, words_said
from assistant.terms import is_function_word

_ORDERED_IN = {
    "German": "zeig löse erstelle ergänze korrigiere programmiere übersetze berechne vervollständige verbessere",
    "Spanish": "haz muestra muéstrame resuelve corrige traduce calcula crea termina código función tarea solución",
    "French": """écrivez montre montrez résous résolvez corrige corrigez traduis calcule crée terminez fonction devoir
        corrigé""",
    "Italian": "scrivimi mostrami risolvi completa correggi programma traduci calcola crea codice funzione soluzione",
    "Portuguese": "escreve mostre resolva corrija traduza calcule crie termine código função tarefa solução",
    "Dutch": "toon maak vertaal bereken verbeter programmeer oplossing functie",
}
"""Orders, and what they ask for, beside the function words."""
_SHORT = frozenset(["le", "la", "el", "il", "du", "je", "un", "di"])
"""Words of two letters that are said; the others are codes of languages ("en-de") and short names (AI, CI) too."""
_BESIDE = frozenset(["et", "lo", "os", "per", "y", "o"])
"""Words that count only where another one of the same language is: they stand in English too ("et al.", OS)."""
_LEAST = 3
_QUOTE = re.compile(r"[\"'“”„‘’«»`]")
_JOINED = re.compile(r"(?<=[^\W\d_])[_/](?=[^\W\d_])")
_LETTER = re.compile(r"[^\W\d_]")
_ROW = 8
"""So many signs of formulas in a row, with nothing but spaces between, are letters of words: no formula goes so."""


def is_foreign(text: str) -> bool:
    """Tell whether a text is plainly not English, what it quotes and what it shouts counted in.

    >>> is_foreign("Schreibe mir den Klassifikator"), is_foreign("Write me the classifier"), is_foreign("BM25 recall")
    (True, False, False)
    >>> is_foreign('"SCHREIBE MIR DEN KLASSIFIKATOR"'), is_foreign("ecris la fonction"), is_foreign("写 一 个 函 数")
    (True, True, True)
    """
    bare = _QUOTE.sub(" ", text.casefold())
    return (
        any(language_of(said) not in (None, ENGLISH) for said in (text, bare))
        or _is_in_other_letters(text)
        or _has_foreign_words(bare)
    )


def _has_foreign_words(text: str) -> bool:
    """Tell whether two words are of one language, more than are English; "la la" is one."""
    parted = _JOINED.sub(" ", " ".join(token for token in text.split() if "://" not in token))
    own, beside, english, last = Counter[str](), Counter[str](), 0, ""
    for word in map(_bare, words_said(parted)):
        languages = _languages_of_bare().get(word, ())
        if word in _BESIDE:
            beside.update(dict.fromkeys(languages, 1))
        elif is_function_word(word):
            english += 1 if languages else 2
        elif word != last and (len(word) >= _LEAST or word in _SHORT):
            own.update(languages)
        last = word
    found = ((many, min(beside[language], many)) for language, many in own.items())
    return any(many + less >= 2 and 2 * (many + less) > english for many, less in found)


@cache
def _languages_of_bare() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    known = [(word, language) for word, languages in LANGUAGES_OF.items() for language in languages]
    known += [(word, language) for language, words in _ORDERED_IN.items() for word in words.split()]
    for word, language in known:
        found[_bare(word)] = found.get(_bare(word), frozenset()) | {language}
    return found


def _bare(word: str) -> str:
    return word if word.isascii() else "".join(c for c in normalize("NFKD", word) if not combining(c))


def _is_in_other_letters(text: str) -> bool:
    """Tell whether enough letters are of another script, one by one; what stands in formulas is none."""
    if text.isascii():
        return False
    letters = _LETTER.findall(text)
    signs = {c for c in set(letters) if _is_sign(c)}
    others = sum(not _is_latin(c) and c not in signs for c in letters)
    if signs:
        sign = f"[{''.join(signs)}]"
        others += sum(
            len("".join(row.split())) for row in re.findall(rf"{sign}(?:\s{{0,3}}{sign}){{{_ROW - 1},}}", text)
        )
    return others > OTHER_LETTERS * len(letters)


def _is_latin(letter: str) -> bool:
    return re.match(LATIN, letter) is not None


def _is_sign(letter: str) -> bool:
    """Tell whether a letter stands in formulas: a Greek one, one of letters in other clothes, or ℵ and its like."""
    is_clothed = name(normalize("NFKC", letter)[0], "").startswith(("LATIN", "GREEK"))
    return not _is_latin(letter) and (is_clothed or "\u2100" <= letter <= "\u214f")
