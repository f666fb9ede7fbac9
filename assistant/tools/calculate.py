"""Calculates; see `arithmetic`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from pydantic import Field

from assistant.tools.arithmetic import LONGEST, TO_THE_CENT, value_of, written
from assistant.tools.tool import Arguments, Observation, Tool, outside_source

NATURAL = "With log as the natural logarithm (log10 is the one to base 10): "
_LOG = re.compile(r"\blog\b(?! *\((?:[^()]|\([^()]*\))*,)", re.IGNORECASE)  # with a base behind a comma it is said


class CalculateArguments(Arguments):
    """What to calculate."""

    expression: str = Field(
        min_length=1, max_length=LONGEST, description="Arithmetic alone, such as (17 + 3) * 2.5, 15% of 80, sqrt(144)."
    )


class Calculate(Tool):
    """Calculates an arithmetic expression exactly: + - * / // % ^, percent, sqrt, log, exp, abs, round, min, max,
    factorial, sin, cos, tan, pi, e. Use it for every calculation; never calculate by yourself.
    """

    name = "calculate"
    arguments = CalculateArguments

    async def run(self, given: Any) -> Observation:
        """Calculate.

        Raises:
            NoValue: when it is no arithmetic, or has no value.
        """
        expression = given.expression.rstrip("=? ")
        value = value_of(expression)
        text = written(expression, value)
        sign = "=" if Fraction(text) == value else "≈"  # a citation quotes this: it must be true
        natural = NATURAL if _LOG.search(expression) else ""
        result = f"{natural}{expression.removesuffix(TO_THE_CENT)} {sign} {text}"
        source = outside_source("calculation", "calculate", "Calculator", result, cosine=1.0)
        return Observation(result, (source,))
