"""The commands over accounts: who may sign in where accounts are on, as what, and the keys of their programs."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from index_store.errors import InvalidInput
from ui import wiring
from ui.batch import dump

if TYPE_CHECKING:
    from assistant.accounts.accounts import Accounts

ROLES = ("student", "reviewer", "admin")
_ROLE = click.option("--role", type=click.Choice(ROLES), default="student", show_default=True)
_STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@contextmanager
def open_accounts() -> Iterator[Accounts]:
    """Open the accounts of the home.

    Raises:
        SettingsError, TracesUnavailable: when they cannot be opened.
    """
    from assistant.accounts.accounts import Accounts
    from assistant.tracing.store import TraceStore

    environment = wiring.read_environment()
    store = TraceStore(environment.home, environment.traces)
    try:
        yield Accounts(store, environment.server.consent_hash)
    finally:
        store.close()


@click.group()
def accounts() -> None:
    """Say who may sign in where accounts are on (LECTERN_ACCOUNTS=1)."""


@accounts.command()
@click.argument("name")
@_ROLE
@_STDIN
def add(name: str, role: str, password_stdin: bool) -> None:
    """Make an account; without --password-stdin its password is made up and printed."""
    from assistant.accounts.people import Role

    password = _read() if password_stdin else secrets.token_urlsafe(12)
    with open_accounts() as found:
        account = found.add(name, Role(role), password)
    click.echo(f"{account.name} may sign in, as {account.role.value}.", err=password_stdin)
    if not password_stdin:
        click.echo(f"Password, shown this once: {password}")


@accounts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def list_(as_json: bool) -> None:
    """List the accounts."""
    with open_accounts() as found:
        rows = found.listed()
    for a in rows:
        state = "disabled" if a.disabled else "OpenID" if a.elsewhere else "password"
        if as_json:
            row: dict[str, Any] = {"name": a.name, "role": a.role.value, "state": state, "pseudonym": a.id}
            click.echo(dump(row | {"created_at": a.created_at, "agreed": a.agreed_to is not None}))
        else:
            click.echo(f"{a.role.value:<9} {state:<9} {_day(a.created_at)}  {a.name}")
    if not rows and not as_json:
        click.echo("There are no accounts. Make one: lectern accounts add NAME --role admin", err=True)


@accounts.command()
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
def role(name: str, role: str) -> None:
    """Make somebody something else in the course."""
    from assistant.accounts.people import Role

    with open_accounts() as found:
        found.set_role(found.find(name), Role(role))
    click.echo(f"{name} is {role} now.", err=True)


@accounts.command()
@click.argument("name")
@_STDIN
def password(name: str, password_stdin: bool) -> None:
    """Give an account another password; all its sessions end."""
    new = _read() if password_stdin else secrets.token_urlsafe(12)
    with open_accounts() as found:
        found.set_password(found.find(name), new)
    if password_stdin:
        click.echo(f"{name} has another password.", err=True)
    else:
        click.echo(f"New password of {name}, shown this once: {new}")


@accounts.command()
@click.argument("name")
def disable(name: str) -> None:
    """Let somebody no longer sign in: their sessions end at once, their keys rest, what they asked stays."""
    with open_accounts() as found:
        found.set_disabled(found.find(name), True)
    click.echo(f"{name} may no longer sign in. Again: lectern accounts enable {name}", err=True)


@accounts.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let somebody sign in again."""
    with open_accounts() as found:
        found.set_disabled(found.find(name), False)
    click.echo(f"{name} may sign in again.", err=True)


@accounts.command()
@click.argument("name")
@click.option("--keep-turns", is_flag=True, help="Keep what they asked, under a pseudonym that nobody has any more.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, keep_turns: bool, yes: bool) -> None:
    """Remove an account with its keys, and delete what it asked; reviews it wrote stay, without its name."""
    from assistant.tracing.queries import Filter, TraceReader

    with open_accounts() as found:
        account = found.find(name)
        found.keep_an_admin(account)
        if not yes:
            turns = TraceReader(found.store.engine).count(Filter(user=account.id))
            what = f"keep {turns:,} turns" if keep_turns else f"delete {turns:,} turns for good"
            click.confirm(f"Remove {account.name}, and {what}?", abort=True, err=True)
        gone = 0 if keep_turns else found.store.forget(user=account.id)[0]
        found.remove(account)
    click.echo(f"{name} is removed, with {gone:,} turns.", err=True)


@accounts.command()
@click.argument("name")
@click.option("--label", default="key", show_default=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do (again for more); else all that its owner may.")
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="How long it lasts; else until revoked.")
def key(name: str, label: str, scopes: tuple[str, ...], days: float | None) -> None:
    """Make a key for a program that asks in somebody's name."""
    from assistant.accounts.keys import Keys, check_scopes

    with open_accounts() as found:
        made = Keys(found).add(found.find(name), label, check_scopes(scopes) or None, days)
    click.echo("This is the only time that it is shown. Send it as: Authorization: Bearer KEY", err=True)
    click.echo(made)


@accounts.command()
@click.argument("name")
def keys(name: str) -> None:
    """List an account's keys, by id."""
    from assistant.accounts.keys import Keys

    with open_accounts() as found:
        for k in Keys(found).listed(found.find(name)):
            until = "until revoked" if k.expires_at is None else f"until {_day(k.expires_at)}"
            used = "never used" if k.used_at is None else f"used {_day(k.used_at)}"
            click.echo(f"{k.id}  {', '.join(k.scopes or ('all',))}  {used}, {until}  {k.label}")


@accounts.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke a key by its id."""
    from assistant.accounts.keys import Keys

    with open_accounts() as found:
        Keys(found).revoke(key_id)
    click.echo(f"{key_id} is revoked.", err=True)


def _read() -> str:
    """Read a password from standard input, its end of line left out.

    Raises:
        InvalidInput: there is none.
    """
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise InvalidInput("No password came on standard input.", hint="Leave --password-stdin out to have one made.")
    return given


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
