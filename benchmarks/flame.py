"""Draws folded stacks as a flame graph in SVG, outermost on top, each box as wide as its share; hover tells its time.

Runs of frames of one foreign package are one box with its name, so that what is read is who calls whom and not how
Starlette nests its middleware; frames of ours keep their function. A box has the colour of its layer.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

WIDTH, ROW, MARGIN, LEAST = 1200, 17, 24, 0.0015
"""In pixels; boxes of less than this share of the whole are left out."""
COLOURS = (
    "#8ecae6",
    "#f4a261",
    "#e9c46a",
    "#a8dadc",
    "#b5c99a",
    "#cdb4db",
    "#f28482",
    "#84a59d",
    "#ffd6a5",
    "#bdb2ff",
    "#ddd",
)
OURS = ("ui", "assistant", "index_store", "ingest")
SHOWN = {"fastapi": "starlette", "core": "llama_index"}
"""FastAPI and Starlette call one another at each layer; py-spy gives files of a namespace package without its name."""


@dataclass
class Box:
    """What was called in one place; `value` counts it with all that it called."""

    layer: str = ""
    value: float = 0.0
    inner: dict[str, Box] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """Rows that it takes with all inside it."""
        return 1 + max((box.depth for box in self.inner.values()), default=0)


def label(frame: str) -> str:
    """Give what a frame, `name (file.py:line)`, is called in the graph."""
    name, _, file = frame.rpartition(" (")
    package = file.partition("/")[0]
    if package in OURS:
        return f"{file.rpartition(':')[0].removesuffix('.py')}: {name}"
    return SHOWN.get(package, package.partition(".py:")[0].strip("<>").removeprefix("frozen ").partition(">")[0])


def tree(stacks: Sequence[tuple[str, float]], layer: Callable[[str], str]) -> Box:
    """Put stacks of frames joined by `;` with their values into one another."""
    root = Box()
    for stack, value in stacks:
        root.value += value
        box, frames, upto = root, stack.split(";"), 0
        for name, run in groupby(frames, label):
            upto += len(list(run))
            box = box.inner.setdefault(name, Box(layer(";".join(frames[:upto]))))
            box.value += value
    return root


def draw(root: Box, title: str, unit: str, layers: Sequence[str]) -> str:
    """Give the graph as SVG."""
    colours = dict(zip(layers, COLOURS, strict=False))
    legend_rows = -(-len(layers) // 3)
    top = MARGIN + legend_rows * ROW
    parts = [f"<text x='4' y='16' font-weight='bold'>{html.escape(title)}</text>", *_legend(colours)]
    _boxes(root, 0.0, top, root.value, unit, colours, parts)
    height = top + root.depth * ROW
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img' "
        f"aria-label='{html.escape(title, quote=True)}' font-family='sans-serif' font-size='11'>"
        f"<rect width='{WIDTH}' height='{height}' fill='white'/>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _legend(colours: Mapping[str, str]) -> list[str]:
    found = []
    for n, (name, colour) in enumerate(colours.items()):
        x, y = 4 + (n % 3) * WIDTH / 3, MARGIN + (n // 3) * ROW
        found.append(f"<rect x='{x:.0f}' y='{y}' width='12' height='12' fill='{colour}'/>")
        found.append(f"<text x='{x + 17:.0f}' y='{y + 10}'>{html.escape(name)}</text>")
    return found


def _boxes(box: Box, x: float, y: float, whole: float, unit: str, colours: Mapping[str, str], parts: list[str]) -> None:
    for name, inner in sorted(box.inner.items()):
        width = WIDTH * inner.value / whole
        if inner.value >= LEAST * whole:
            said = html.escape(f"{name}: {inner.value:.1f} {unit}, {inner.value / whole:.1%}")
            shown = html.escape(name[: int(width / 6.2)]) if width > 30 else ""
            colour = colours.get(inner.layer, "#ddd")
            parts.append(
                f"<g><title>{said}</title><rect x='{x:.1f}' y='{y}' width='{width:.1f}' height='{ROW - 1}' "
                f"fill='{colour}' stroke='white'/><text x='{x + 3:.1f}' y='{y + 12}'>{shown}</text></g>"
            )
            _boxes(inner, x, y + ROW, whole, unit, colours, parts)
        x += width
