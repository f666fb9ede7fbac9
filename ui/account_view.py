"""How signing in and an account look: plain forms. Pure functions from values to HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence

from assistant.accounts.accounts import Account
from assistant.accounts.keys import Key
from assistant.accounts.passwords import SHORTEST_PASSWORD
from ui.library_view import table
from ui.times import day_html

_HERE = "action='account' method='post'"
_SURE = "<label><input type='checkbox' name='sure' value='1' required> I am sure</label> "


def sign_in_html(after: str, elsewhere: bool, told: str = "", name: str = "") -> str:
    """Give the form to sign in with; `after` is where to go then."""
    path = html.escape(after, quote=True)
    other = f"<p><a class='lectern-button' href='oidc/start?next={path}'>Sign in with your institution</a></p>"
    return (
        f"{_told(told)}{other if elsewhere else ''}"
        "<form action='login' method='post' class='lectern-form'>"
        f"<input type='hidden' name='next' value='{path}'>"
        f"<label>Name<input name='name' value='{html.escape(name, quote=True)}' required autocomplete='username'>"
        "</label>"
        "<label>Password<input name='password' type='password' required autocomplete='current-password'></label>"
        "<button class='lectern-first'>Sign in</button></form>"
    )


def agreement_html(text: str, after: str, agreed: bool) -> str:
    """Give the text to agree to, and the ways on from it."""
    told = "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n"))
    if agreed:
        return f"{told}<p role='status'>You agreed to this.</p>"
    return (
        f"{told}<form action='agreement' method='post' class='lectern-form'>"
        f"<input type='hidden' name='next' value='{html.escape(after, quote=True)}'>"
        "<button class='lectern-first'>I agree</button></form>"
        "<form action='../logout' method='post' class='lectern-form'><button>No, sign out</button></form>"
    )


def account_html(account: Account, keys: Sequence[Key], scopes: Sequence[str], turns: int, told: str) -> str:
    """Give the page of an account."""
    who = (
        f"<p>You are <strong>{html.escape(account.name)}</strong>, {account.role.value}. What you ask is kept under "
        f"the pseudonym <code>{html.escape(account.id)}</code>. <a href='account/agreement'>How it is kept</a>.</p>"
        "<form action='logout' method='post' class='lectern-form'><button>Sign out</button></form>"
    )
    return _told(told) + who + _own_html(turns) + _keys_html(keys, scopes) + _password_html(account) + _end_html()


def made_key_html(key: str) -> str:
    """Show a new key, once."""
    return (
        "<p role='status'>This is the only time that it is shown. Send it as <code>Authorization: Bearer KEY</code>."
        "</p>"
        f"<pre>{html.escape(key)}</pre><p><a href='account'>Back to your account</a></p>"
    )


def _told(told: str) -> str:
    return f"<p role='alert' class='lectern-warning'>{html.escape(told)}</p>" if told else ""


def _own_html(turns: int) -> str:
    return (
        f"<h2>What is yours</h2><p>{'1 turn' if turns == 1 else f'{turns:,} turns'}. "
        "<a href='account/export.jsonl' download>Take them with you</a> (JSON lines).</p>"
        f"<form {_HERE} class='lectern-form'>{_SURE}<button name='do' value='forget'>Delete all of them</button></form>"
    )


def _keys_html(keys: Sequence[Key], scopes: Sequence[str]) -> str:
    rows = [
        [
            f"<strong>{html.escape(k.label)}</strong>",
            f"<code>{k.id}</code>",
            ", ".join(k.scopes or ("all",)),
            _day(k.used_at),
            _day(k.expires_at),
            f"<form {_HERE}><input type='hidden' name='key' value='{k.id}'>"
            "<button name='do' value='revoke' aria-label='Revoke "
            f"{html.escape(k.label, quote=True)}'>Revoke</button></form>",
        ]
        for k in keys
    ]
    shown = table("", ("Key", "Id", "May", "Used", "Until", ""), rows) if rows else "<p>None yet.</p>"
    boxes = " ".join(f"<label><input type='checkbox' name='scope-{s}' value='1'> {s}</label>" for s in scopes)
    return (
        f"<h2>Keys for programs</h2>{shown}"
        f"<form {_HERE} class='lectern-form'><label>What for<input name='label' required maxlength='120'></label>"
        f"<fieldset><legend>It may (choose at least one)</legend>{boxes}</fieldset>"
        "<button name='do' value='key'>Make a key</button></form>"
    )


def _password_html(account: Account) -> str:
    if account.elsewhere:
        return ""
    return (
        f"<h2>Password</h2><form {_HERE} class='lectern-form'>"
        "<label>Now<input name='old' type='password' required autocomplete='current-password'></label>"
        f"<label>New, {SHORTEST_PASSWORD} characters or more<input name='new' type='password' required "
        f"minlength='{SHORTEST_PASSWORD}' autocomplete='new-password'></label>"
        "<button name='do' value='password'>Change it</button></form>"
    )


def _end_html() -> str:
    return (
        f"<h2>Ends</h2><form {_HERE} class='lectern-form'>"
        f"<button name='do' value='sign-out'>Sign out everywhere</button></form>"
        f"<form {_HERE} class='lectern-form'>{_SURE}"
        "<button name='do' value='remove'>Delete the account and all that is yours</button></form>"
    )


def _day(at: float | None) -> str:
    return "–" if at is None else day_html(at)
