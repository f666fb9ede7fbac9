"""What `lectern doctor` says of the web server: who comes in, whose word is believed, and what is agreed to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from ui.consent import what_leaves
from ui.server_settings import check_reach

if TYPE_CHECKING:
    from ui.environment import Environment

Look = tuple[str, Literal["ok", "note", "broken"], str, str]


def look_at_server(environment: Environment) -> Iterator[Look]:
    """Give name, status, what was found and what mends it.

    Raises:
        SettingsError: the server would not start.
    """
    server = environment.server
    check_reach("127.0.0.1", server)
    who = "only who has an account comes in" if server.accounts else "no accounts: whoever reaches it is let in"
    at = f"; shown at {server.public_url}" if server.public_url else ""
    yield "web server", "ok", f"{who}{at}", ""
    if "*" in server.proxies.replace(",", " ").split():
        yield (
            "proxies",
            "note",
            "whoever sends a request is believed where it comes from: guessing passwords is slowed down for nobody",
            "Set LECTERN_PROXIES to the addresses of your proxies.",
        )
    if server.accounts:
        yield _consent(environment)


def _consent(environment: Environment) -> Look:
    left = " ".join(what_leaves(environment))
    if environment.get("LECTERN_CONSENT"):
        return "consent", "ok", f"a text of your own. {f'It should say: {left}' if left else 'Nothing leaves.'}", ""
    if not left:
        return "consent", "ok", "the usual text: nothing leaves this server", ""
    hint = "Set LECTERN_CONSENT to a file with a text that your institution stands behind."
    return "consent", "note", f"the usual text, which says: {left}", hint
