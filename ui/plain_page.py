"""A page that needs no script, one for its times aside: sources elsewhere, signing in, an account, a refusal. Pure."""

from __future__ import annotations

import html

from ui.styles import CSS, TIMES


def plain_page(title: str, body: str, root: str = "") -> str:
    """Give a whole page; `body` is HTML, `title` text, `root` the path of the server, for links back."""
    shown = html.escape(title)
    home = f"<p class='lectern-back'><a href='{html.escape(root, quote=True)}/'>Lectern</a></p>"
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{shown} – Lectern</title>"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<link rel='icon' href='{html.escape(root, quote=True)}/favicon.ico'><style>{CSS}</style>"
        f"<script>{TIMES}</script></head>"
        f"<body class='lectern-alone'><main>{home}<h1>{shown}</h1>{body}</main></body></html>"
    )
