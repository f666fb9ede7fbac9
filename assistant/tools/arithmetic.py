"""Arithmetic as people type it: a safe parser and evaluator, and what in a question is arithmetic. No eval.

The text is turned into Python's notation, parsed to a syntax tree, and only the nodes that are arithmetic are
evaluated. Numbers are exact fractions for as long as the operations allow, so 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Context
from fractions import Fraction
from typing import Any

from index_store.errors import InvalidInput

Number = Fraction | float
LONGEST = 300  # characters of an expression, and
DEEPEST = 40  # levels of it
LARGEST_BITS = 4_000  # of an exact result: 9**9**9 is refused before it is computed
LARGEST_FACTORIAL = 1_000
SIGNIFICANT = 12
EXAMPLE = "Write it like: (17 + 3) * 2.5, 15% of 80, sqrt(144), 2^10."

_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "π": " pi ", "√": " sqrt "})
_THOUSANDS = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?![\d,])")
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), put)
    for pattern, put in (
        (r"\b(?:the )?square root of\b", " sqrt "),
        (r"\b(?:the )?factorial of\b", " factorial "),
        (r"\bto the power (?:of )?", "**"),
        (r"\braised to (?:the )?", "**"),
        (r"\b(?:multiplied by|times)\b", "*"),
        (r"\b(?:divided by|over)\b", "/"),
        (r"\bplus\b", "+"),
        (r"\bminus\b", "-"),
        (r"\bmod(?:ulo)?\b", "//1%"),
        (r"\bsquared\b", "**2"),
        (r"\bcubed\b", "**3"),
        (r"(?<=[\d)])\s*(?:%|percent)\s*of\b", "/100*"),
        (r"(?<=[\d)])\s*(?:%(?!\s*[\d(a-z])|percent\b)", "/100"),
        (r"(?<=\d)\s*x\s*(?=\d)", "*"),
        (r"(\d+)\s*!", r"factorial(\1)"),
        (r"\b(sqrt|factorial)\s+(\d+(?:\.\d+)?)", r"\1(\2)"),
    )
)
_MODULO = re.compile(r"//1%")
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "sqrt": lambda x: _root(x),
    "factorial": lambda x: _factorial(x),
    "abs": abs,
    "round": lambda x, digits=Fraction(0): round(Fraction(x), int(digits)),
    "floor": math.floor,
    "ceil": math.ceil,
    "min": min,
    "max": max,
    "log": lambda x, base=None: math.log(x) if base is None else math.log(x, base),
    "ln": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "exp": math.exp,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
}


def evaluate(expression: str) -> str:
    """Give the value of an expression as text: exact where it can be, else SIGNIFICANT digits.

    >>> evaluate("0.1 + 0.2"), evaluate("15% of 80"), evaluate("2^10"), evaluate("1,024 / 16")
    ('0.3', '12', '1024', '64')

    Raises:
        InvalidInput: when it is no arithmetic, too large, or has no value.
    """
    return shown(value_of(expression))


def value_of(expression: str) -> Number:
    """Give the value of an expression.

    Raises:
        InvalidInput: as `evaluate`.
    """
    if len(expression) > LONGEST:
        raise InvalidInput(f"The expression has {len(expression)} characters, more than {LONGEST}.", hint=EXAMPLE)
    try:
        tree = ast.parse(python_notation(expression), mode="eval")
        return _value(tree.body, 0)
    except ZeroDivisionError as exc:
        raise InvalidInput(f"{expression!r} divides by zero.", hint="It has no value.") from exc
    except OverflowError as exc:
        raise InvalidInput(f"The value of {expression!r} is too large.", hint=EXAMPLE) from exc
    except InvalidInput:
        raise
    except (SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as exc:
        raise InvalidInput(f"{expression[:80]!r} is no arithmetic that has a value.", hint=EXAMPLE) from exc


def python_notation(expression: str) -> str:
    """Write an expression as Python does: signs, words, percent and thousands separators."""
    text = _THOUSANDS.sub(lambda m: m[0].replace(",", ""), expression.strip().rstrip("=?").translate(_SIGNS))
    for pattern, put in _WORDS:
        text = pattern.sub(put, text)
    return _MODULO.sub("%", text).strip()


def shown(value: Number) -> str:
    """Write a number: whole ones whole, finite decimals exactly, others with SIGNIFICANT digits."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput("The value is not finite.", hint=EXAMPLE)
        return f"{value:.{SIGNIFICANT}g}"
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    decimal = Context(prec=SIGNIFICANT).divide(value.numerator, value.denominator)
    return f"{decimal:f}".rstrip("0").rstrip(".") if abs(decimal.adjusted()) < SIGNIFICANT + 4 else f"{decimal:e}"


def _value(node: ast.expr, depth: int) -> Number:
    if depth > DEEPEST:
        raise InvalidInput("The expression is nested too deeply.", hint=EXAMPLE)
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _checked(Fraction(str(number)))
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=operand):
            value = _value(operand, depth + 1)
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, depth + 1), _value(right, depth + 1))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _checked(_BINARY[type(op)](_value(left, depth + 1), _value(right, depth + 1)))
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name.lower() in _FUNCTIONS:
            return _checked(_FUNCTIONS[name.lower()](*(_value(a, depth + 1) for a in given)))
        case ast.Name(id=name) if name.lower() in _CONSTANTS:
            return _CONSTANTS[name.lower()]
    raise InvalidInput("That is no arithmetic.", hint=EXAMPLE)


def _checked(value: Any) -> Number:
    if isinstance(value, int):
        value = Fraction(value)
    if isinstance(value, Fraction) and max(value.numerator.bit_length(), value.denominator.bit_length()) > LARGEST_BITS:
        raise OverflowError
    if not isinstance(value, Fraction | float):
        raise TypeError("no real number")
    return value


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if size * abs(exponent.numerator) > LARGEST_BITS and abs(base) != 1 and base != 0:
            raise OverflowError
        return _checked(base**exponent.numerator)
    return _checked(float(base) ** float(exponent))


def _root(x: Number) -> Number:
    if isinstance(x, Fraction) and x >= 0:
        top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
        if top * top == x.numerator and bottom * bottom == x.denominator:
            return Fraction(top, bottom)
    return math.sqrt(x)


def _factorial(x: Number) -> Number:
    whole = Fraction(x)
    if whole.denominator != 1 or not 0 <= whole <= LARGEST_FACTORIAL:
        raise InvalidInput(f"A factorial is taken of a whole number from 0 to {LARGEST_FACTORIAL}.", hint=EXAMPLE)
    return Fraction(math.factorial(int(whole)))


_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_FUNCTION = r"(?:sqrt|factorial|log10|log2|log|ln|exp|abs|round|floor|ceil|sin|cos|tan|min|max)"
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{_NUMBER}|\bpi\b|π)"
    rf"|(?P<function>{_FUNCTION}(?=\s*\()|(?:the )?square root of|(?:the )?factorial of|√)"
    r"|(?P<after>%(?!\s*(?:of\b|[\d(]))|percent\b(?!\s+of)|squared\b|cubed\b|!(?!=))"
    r"|(?P<between>%\s*of\b|percent\s+of\b|\*\*|//|[-+*/^×·÷−–%]|x(?=\s*\d)|times\b|multiplied by\b|divided by\b"
    r"|over\b|plus\b|minus\b|to the power of\b|to the power\b|raised to(?: the)?\b|mod(?:ulo)?\b)"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,))",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^\W*?(?:please\s+|can you\s+|could you\s+|quick:\s*)*"
    r"(?:(?:what(?:'s|’s| is| are| does)|how much (?:is|are|does)|calculate|compute|evaluate|work out|solve|tell me"
    r"|the (?:result|value) of|result of|value of)\s+)*",
    re.IGNORECASE,
)
_TRAIL = re.compile(r"\s*(?:equals?|equal to|make|please|=)?\s*[?.!]*\s*(?:please)?\s*[?.!]*\s*$", re.IGNORECASE)
_LOOKS_LIKE_A_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{4}\s*[-–]\s*\d{2,4}|\d+(?:\.\d+){2,}")


def expression_in(question: str) -> str | None:
    """Give the expression of a question that is arithmetic and nothing else, None for any other.

    >>> expression_in("What is 17 * 23?"), expression_in("Is GPT-3.5 better than GPT-4?")
    ('17 * 23', None)
    """
    if len(question) > LONGEST or not any(c.isdigit() for c in question):
        return None
    lead = _LEAD.match(question)
    said = _TRAIL.sub("", question[lead.end() if lead else 0 :]).strip()
    if _LOOKS_LIKE_A_DATE.fullmatch(said):
        return None
    kinds: list[str] = []
    at = 0
    while at < len(said):
        match = _TOKEN.match(said, at)
        if match is None or match.end() == at:
            return None
        kinds.append(str(match.lastgroup))
        at = match.end()
    does_something = any(kind in kinds for kind in ("between", "function", "after")) and "number" in kinds
    if not does_something or kinds == ["number", "after"] and not said.rstrip().endswith(("squared", "cubed", "!")):
        return None
    try:
        value_of(said)
    except InvalidInput as exc:
        return said if "divides by zero" in exc.message or "too large" in exc.message else None
    return said
