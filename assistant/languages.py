"""Tells the language of a question or a passage by its function words, or by its letters. Translates nothing.

Function words are few, in every sentence and rarely borrowed, so that some forty of a language do for the short
questions that statistics of letters get wrong: they call "What is Schadenfreude?" German. A word that English has too
("was", "die"), or that stands in names ("van", "los"), counts half; what is quoted is spoken of and not said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from unicodedata import name, normalize

from assistant.terms import is_function_word

ENGLISH = "English"
SURE, WHOLE, HALF = 3, 2, 1
_WORDS_OF = {
    "German": """der die das den dem des ein eine einen einem einer und oder nicht kein keine ist sind war wird werden
        wurde hat haben habe gibt kann können könnte muss müssen soll sollen sollte darf dürfen will möchte brauche
        braucht ich mich mir du dir er sie es wir uns ihr man was wer wen wem wie wo wann warum wieso weshalb wozu
        woher wohin wofür womit welche welcher welches welchen wieviel viel viele bei mit für von vom zu zum zur im in
        auf an am aus nach über unter zwischen ohne durch gegen wenn dass weil als auch noch nur schon so mehr sich
        dieser diese dieses bedeutet heißt kostet macht mache machen finde findet finden funktioniert erkläre erklär
        nenne gib schreib schreibe zeige bitte aufgabe dauert nutzt nutzen benutzt verwendet beispiel beispiele
        unterschied unterschiede zusammenfassung""",
    "Spanish": """¿ el la los las un una unos unas y o no es son era fue ser está están estar hay ha he tiene tienen
        tengo tener puedo puede pueden se debo debe necesito quiero yo me mi tú te tu su sus nos le les que qué quien
        quién quiénes como cómo donde dónde cuando cuándo cual cuál cuales cuáles cuanto cuánto cuanta cuánta cuantos
        cuántos cuantas cuántas porqué por para con sin de del al en a entre sobre desde hasta si pero más muy este
        esta esto estos eso esa hacer hace hago estoy cuesta significa funciona sirve dame dime explica explícame
        escribe escríbeme dura ejercicio ejemplo ejemplos diferencia diferencias resumen usamos""",
    "French": """le la les l un une des du de d et ou ne pas est sont était être a ai as ont avoir peut puis peux faut
        dois doit je j me m moi tu te toi il elle on nous vous ils elles se s ce c cet cette ces ça que qu qui quoi
        quel quelle quels quelles comment où quand pourquoi combien à au aux en dans sur sous avec sans pour par entre
        chez si mais plus mon ma mes ton son sa ses leur y cela ça coûte fait faire fais veut dire signifie fonctionne
        sert donne donnez explique expliquez écris écrire exercice dure exemple exemples différence différences
        utilise utiliser""",
    "Italian": """il lo la i gli le l un uno una e o non è sono era essere ha ho hanno avere può posso possono devo
        deve si serve servono mi me ti ci vi io tu lui lei noi che chi cosa cos come dove dov quando quando qual quale
        quali quanto quanta quanti quante perché di del dello della dei degli delle da dal dalla a al alla ai alle in
        nel nella nei con su sul sulla per tra fra se ma più molto questo questa questi c anche fare fa faccio costa
        viene vengono significa funziona dimmi dammi spiegami spiega scrivi compito dura esempio esempi differenza
        differenze riassumi usiamo""",
    "Portuguese": """o os as um uma uns e ou não é são era foi ser está estão estar há tem têm tenho ter posso pode
        podem devo deve preciso quero eu me mim você tu ele ela nós se que quê quem como onde quando qual quais quanto
        quanta quantos quantas porquê porque por para com sem de do da dos das ao à em no na nos nas num numa entre
        sobre até mas mais muito este esta isto isso esse essa fazer faz faço custa estou significa funciona serve
        diga dê explica explique escreva exercício dura dá exemplo exemplos diferença diferenças resumo usamos""",
    "Dutch": """de het een en of niet geen is zijn was wordt worden werd heeft heb hebben kan kun kunnen moet moeten
        mag mogen zal zou wil ik mij me mijn je jij jou jouw u uw hij zij ze wij we ons er hier daar wat wie waar
        wanneer waarom hoe hoeveel welke welk waarvoor waarmee dat die dit deze van voor met zonder in op aan bij naar
        uit over onder tussen tegen door als om te ook nog maar dan meer veel mee nodig betekent werkt doe doet kost
        gaat leg geef noem schrijf duurt opdracht voorbeeld voorbeelden verschil verschillen samenvatting gebruik
        gebruiken gebruikt""",
    "Polish": """co to jest są czy jak kiedy gdzie kto dlaczego ile który która które jaki jaka jakie w z na do nie
        się i dla od po przez mam mogę muszę można trzeba działa oznacza potrzebuję""",
    "Swedish": """vad är och att det den en ett som hur när var vem varför vilken vilket vilka inte jag du vi kan
        måste ska får har finns för med till på av om från mellan utan fungerar betyder behöver""",
    "Danish": """hvad er og at det den en et som hvordan hvornår hvor hvem hvorfor hvilken hvilke hva når hvilket ikke
        ikkje jeg du vi kan skal må har for med til på af om fra mellem uten uden betyder fungerer""",
    "Turkish": """ne nedir nasıl nerede neden niçin niye kim hangi kaç mı mi mu mü var yok bir ve için ile bu
        gerekiyor zaman kadar çalışır""",
}
_IN_NAMES = """à être das del della den der des dos het las les los son sur van von vom zum und per con com als ten
    par pas pour une uno tak tem est dal ele non tot mio det som bir var kim bij chez dan elle entre lei nous zou"""
"""Stand in names, or in what was borrowed whole."""
_ALSO_ENGLISH = """also art comment dare dire dime dame die dies fare gib hat hoe lone man mag moi nos numa over par
    per pour quota serve serves sole son sono sur sous war will tons ton wen chi cos dat dir doe door dove era faire
    fait jest leg mas med met mit mon nas num para plus quale quanta sin till"""
_HALVED = frozenset(f"{_IN_NAMES} {_ALSO_ENGLISH}".split())
NAMED = frozenset({ENGLISH, *_WORDS_OF})
"""Languages that are told by their words; of letters only the script is known."""
LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _its_words in _WORDS_OF.items():
    for _each in _its_words.split():
        LANGUAGES_OF.setdefault(_each, []).append(_language)
LATIN = r"[\u0000-\u024f\u1e00-\u1eff]"
"""A sign of Latin writing, as a regular expression."""
_WORD = re.compile(r"¿|[^\W\d_]+(?:-[^\W\d_]+)*")
_QUOTED = re.compile(
    r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»|(?<!\w)['‘][^'’\n]{1,300}['’](?!\w)"
    r"|`[^`\n]{1,300}`"
)
_OTHER_LETTERS = re.compile(rf"(?:(?!{LATIN})[^\W\d_]){{2,}}")
_JOINED = re.compile(r"\w(?:://|[./_\\])\w")
"""In an address, a path or a name of a program: of these no part is a word that is said."""
OTHER_LETTERS = 0.3
"""Share of letters that are not Latin from which a text is told by them: names and terms beside them stay Latin."""


def language_of(text: str) -> str | None:
    """Name the language of a text, or of other letters than Latin the script; None where it does not show.

    >>> [language_of(text) for text in ("Was ist RAG?", "What is Schadenfreude?", "Что такое RAG?", "BM25 recall")]
    ['German', 'English', 'Cyrillic', None]
    """
    if not text.isascii():
        text = normalize("NFKC", text)  # letters of formulas are Latin ones in other clothes
        if (script := _script(text)) is not None:
            return script
    english, scores, own, wholes = 0, Counter[str](), Counter[str](), set[str]()
    for word, is_part in _parts_said(text):
        names, is_english = LANGUAGES_OF.get(word, ()), is_function_word(word)
        if is_english:
            if not is_part:  # "few-shot" is said in any language
                english += HALF if names else WHOLE
                scores.update(dict.fromkeys(names, HALF))
            continue
        is_half = word in _HALVED or (len(word) < 3 and word.isascii())
        weight = HALF if is_half else WHOLE if word.isascii() else SURE
        scores.update(dict.fromkeys(names, weight))
        own.update(dict.fromkeys(names, weight))
        wholes.update(() if is_half else names)
    best, score = max(scores.items(), key=lambda item: item[1], default=("", 0))
    if score > english and own[best] >= WHOLE and (best in wholes or score > WHOLE):
        return best
    return ENGLISH if english >= WHOLE else None


def words_said(text: str) -> Iterator[str]:
    """Give the words that a text says in small letters, without quotations, addresses, paths and names."""
    return (word for word, _ in _parts_said(text))


def _parts_said(text: str) -> Iterator[tuple[str, bool]]:
    """Give the words that are said, in small letters, and whether each is a part of a compound."""
    said = " ".join(token for token in _QUOTED.sub(" ", text).split() if not _JOINED.search(token))
    for compound in _WORD.findall(said):
        parts = compound.split("-")
        if len(compound) == 1 or not compound.isupper():  # DAN is a name
            yield from ((part.casefold(), len(parts) > 1) for part in parts)


def _script(text: str) -> str | None:
    others = [c for run in _OTHER_LETTERS.findall(text) for c in run]  # a single one stands for a number
    if len(others) <= OTHER_LETTERS * sum(map(str.isalpha, text)):
        return None
    return Counter(map(_script_of, others)).most_common(1)[0][0]


def _script_of(letter: str) -> str:
    return name(letter, "other").partition(" ")[0].title()
