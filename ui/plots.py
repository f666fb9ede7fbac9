"""Draws figures over time as small bar charts in SVG: they start at zero, can be read aloud, and need no script."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from datetime import date

from assistant.tracing.statistics import Day

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 360, 160, 52, 8, 22
WIDEST_BAR = 22.0
COLOURS = ("#b8860b", "#4a7bd9", "#1b8a5a", "#a1457a", "#6b5bd2", "#c2571a")
Value = Callable[[Day], float | None]
FIGURES: Sequence[tuple[str, Value, str]] = (
    ("Questions", lambda d: d.questions, "{:,.0f}"),
    ("Refused", lambda d: d.refused, "{:,.0f}"),
    ("Thumbs up", lambda d: d.up, "{:,.0f}"),
    ("Thumbs down", lambda d: d.down, "{:,.0f}"),
    ("Seconds a question, median", lambda d: d.median_s, "{:,.2f}"),
    ("Seconds a question, 95th percentile", lambda d: d.p95_s, "{:,.2f}"),
    ("Tokens", lambda d: d.tokens, "{:,.0f}"),
    ("Price in US dollars", lambda d: d.price_usd, "{:,.4f}"),
)


def plots_html(days: Sequence[Day]) -> str:
    """Give a chart for each figure, a colour for each model and prompt version."""
    if not days:
        return "<p class='lectern-note'>Nothing was asked in that time.</p>"
    names = list(dict.fromkeys(d.answered_by for d in days))
    colours = {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(names)}
    legend = "".join(f"<li><i style='background:{colours[name]}'></i>{html.escape(name)}</li>" for name in names)
    charts = "".join(chart(title, value, form, days, colours) for title, value, form in FIGURES)
    return f"<ul class='lectern-legend'>{legend}</ul><div class='lectern-charts'>{charts}</div>"


def chart(title: str, value: Value, form: str, days: Sequence[Day], colours: dict[str, str]) -> str:
    """Give one chart, a place for each day of its time; a figure that nothing is known of, or none, says so."""
    known = [(d, v) for d in days if (v := value(d)) is not None]
    if not any(v for _, v in known):
        said = "none" if known else "not reported"
        return f"<figure><figcaption>{html.escape(title)}: {said}</figcaption></figure>"
    first, last = (date.fromisoformat(edge(d.day for d in days)) for edge in (min, max))
    names = list(dict.fromkeys(d.answered_by for d, v in known if v))
    most = max(v for _, v in known)
    top, slot = rounded_up(most), (WIDTH - LEFT) / ((last - first).days + 1)
    bar = min(WIDEST_BAR, slot * 0.8 / len(names))

    def left(day: Day) -> float:
        middle = LEFT + ((date.fromisoformat(day.day) - first).days + 0.5) * slot
        return middle + (names.index(day.answered_by) - len(names) / 2) * bar

    bars = "".join(
        _bar(left(d), v / top, bar, colours[d.answered_by], f"{d.day}, {d.answered_by}: {form.format(v)}")
        for d, v in known
        if v
    )
    said = f"{title}: at most {form.format(most)} a day, from {first} to {last}"
    return (
        f"<figure><figcaption>{html.escape(title)}</figcaption>"
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{html.escape(said)}'>"
        f"{_scale(top, form)}{_dates(first, last)}{bars}</svg></figure>"
    )


def rounded_up(most: float) -> float:
    """Give the end of an axis: the next of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most * (1 - 1e-9))


def _scale(top: float, form: str) -> str:
    """Draw the lines of zero, the half and the end, each with its figure where that is not rounded away."""
    parts = []
    for share in (0.0, 0.5, 1.0):
        shown, y = form.format(top * share), _y(share)
        exact = abs(float(shown.replace(",", "")) - top * share) < 1e-9
        strength = "0.5" if share == 0 else "0.15"
        parts.append(
            f"<line x1='{LEFT}' y1='{y:.1f}' x2='{WIDTH}' y2='{y:.1f}' stroke='currentColor' opacity='{strength}'/>"
            + (f"<text x='{LEFT - 6}' y='{y + 4:.1f}' text-anchor='end'>{shown}</text>" if exact else "")
        )
    return "".join(parts)


def _dates(first: date, last: date) -> str:
    y = HEIGHT - 6
    if first == last:
        return f"<text x='{(LEFT + WIDTH) / 2}' y='{y}' text-anchor='middle'>{first}</text>"
    return f"<text x='{LEFT}' y='{y}'>{first}</text><text x='{WIDTH}' y='{y}' text-anchor='end'>{last}</text>"


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def _bar(left: float, share: float, width: float, colour: str, said: str) -> str:
    return (
        f"<rect x='{left:.1f}' y='{_y(share):.1f}' width='{width:.1f}' height='{_y(0) - _y(share):.1f}' "
        f"fill='{colour}'><title>{html.escape(said)}</title></rect>"
    )
