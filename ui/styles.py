"""What the pages look like and the little that the browser does by itself, read from the files beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio.themes import Base

_HERE = Path(__file__).resolve().parent
CSS = "\n".join((_HERE / name).read_text("utf-8") for name in ("pages.css", "review.css", "look.css"))
TIMES = (_HERE / "times.js").read_text("utf-8")
SCRIPT = "\n".join((*((_HERE / name).read_text("utf-8") for name in ("pages.js", "gaps.js", "review.js")), TIMES))
HEAD = f"<link rel='icon' href='favicon.ico'><script>{SCRIPT}</script>"
OAK = (
    "#fdf8ef", "#f9ecd2", "#f1d6a3", "#e6ba6b", "#d99c3d", "#b9771f",
    "#8a5200", "#6f4200", "#573502", "#3f2703", "#241601",
)  # fmt: skip
"""From light to dark, as Gradio counts shades: 50 to 950."""


def theme() -> Base:
    """Give Gradio's default theme in the colours of oak and paper."""
    from gradio import themes

    oak = themes.Color(*OAK)
    # Of Gradio's own files of this font the semibold one holds 55 letters, so bold is asked for in its place.
    font = themes.LocalFont("Source Sans Pro", weights=(400, 700))
    chosen = themes.Default(
        primary_hue=oak,
        secondary_hue=oak,
        neutral_hue=themes.colors.stone,
        radius_size=themes.sizes.radius_lg,
        font=(font, "ui-sans-serif", "system-ui", "sans-serif"),
    )
    return chosen.set(
        body_background_fill="#fdfcfa",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        checkbox_background_color_selected="*primary_600",
        checkbox_background_color_selected_dark="*primary_500",
        checkbox_border_color_selected="*primary_600",
        checkbox_border_color_selected_dark="*primary_500",
        input_border_color_focus="*primary_500",
        loader_color="*primary_500",
    )
