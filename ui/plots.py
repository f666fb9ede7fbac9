"""Draws figures over time as small bar charts in SVG: they start at zero, can be read aloud, and need no script."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from assistant.tracing.statistics import Day

WIDTH, HEIGHT, LEFT, BOTTOM = 560, 130, 52, 20
COLOURS = ("#b8860b", "#4a7bd9", "#1b8a5a", "#a1457a", "#6b5bd2", "#c2571a")
Value = Callable[[Day], float | None]
FIGURES: Sequence[tuple[str, Value, str]] = (
    ("Questions", lambda d: d.questions, "{:,.0f}"),
    ("Refused", lambda d: d.refused, "{:,.0f}"),
    ("Thumbs up", lambda d: d.up, "{:,.0f}"),
    ("Thumbs down", lambda d: d.down, "{:,.0f}"),
    ("Seconds, median", lambda d: d.median_s, "{:,.2f}"),
    ("Seconds, 95th percentile", lambda d: d.p95_s, "{:,.2f}"),
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
    """Give one chart; what is not known has no bar, and a figure that nothing is known of says so."""
    known = [(d, v) for d in days if (v := value(d)) is not None]
    if not known:
        return f"<figure><figcaption>{html.escape(title)}: not reported</figcaption></figure>"
    dates = sorted({d.day for d in days})
    names = list(colours)
    top = max(v for _, v in known) or 1.0
    slot = (WIDTH - LEFT) / len(dates)
    bar = min(26.0, slot * 0.8 / len(names))
    bars = "".join(
        _bar(LEFT + dates.index(d.day) * slot + names.index(d.answered_by) * bar, v / top, bar, colours[d.answered_by],
             f"{d.day}, {d.answered_by}: {form.format(v)}")
        for d, v in known
    )  # fmt: skip
    base = HEIGHT - BOTTOM
    said = f"{title}: at most {form.format(top)} a day, from {dates[0]} to {dates[-1]}"
    return (
        f"<figure><figcaption>{html.escape(title)}</figcaption>"
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{html.escape(said)}'>"
        f"<line x1='{LEFT}' y1='{base}' x2='{WIDTH}' y2='{base}' stroke='currentColor' opacity='0.4'/>"
        f"<text x='{LEFT - 6}' y='11' text-anchor='end'>{form.format(top)}</text>"
        f"<text x='{LEFT - 6}' y='{base}' text-anchor='end'>0</text>"
        f"<text x='{LEFT}' y='{HEIGHT - 4}'>{dates[0]}</text>"
        f"<text x='{WIDTH}' y='{HEIGHT - 4}' text-anchor='end'>{dates[-1]}</text>{bars}</svg></figure>"
    )


def _bar(left: float, share: float, width: float, colour: str, said: str) -> str:
    full = HEIGHT - BOTTOM
    return (
        f"<rect x='{left:.1f}' y='{full * (1 - share):.1f}' width='{width:.1f}' height='{full * share:.1f}' "
        f"fill='{colour}'><title>{html.escape(said)}</title></rect>"
    )
