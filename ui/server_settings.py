"""Settings of the web server: who may come, from where, and how much they may ask for. Reads no environment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from assistant.accounts.people import Role
from assistant.gate import TurnLimits
from index_store.errors import SettingsError

CONSENT = """What you ask here, what was answered and the sources that were shown are kept on this server, so that you
find your conversations again and the course team can see where the course helped and where it did not.

Reviewers see them under a random pseudonym, not under your name. Do not write what is private, about you or others.
On the page of your account you can take all of it with you, or delete it, at any time."""


@dataclass(frozen=True)
class OidcSettings:
    """An identity provider; `roles` says which values of the claim make somebody a reviewer or admin."""

    issuer: str
    client_id: str
    client_secret: SecretStr
    claim: str = "roles"
    roles: Mapping[str, Role] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What may be asked for; None is no limit.

    Turns a minute, turns at once, tokens and US dollars a day are of one user; those with `all_` of all together.
    `queue` turns wait for a place at most; uploads are bytes of one file, and files at once.
    """

    turns_a_minute: int | None = 20
    turns_at_once: int | None = 3
    all_at_once: int | None = 100
    queue: int = 200
    tokens_a_day: int | None = None
    usd_a_day: float | None = None
    all_tokens_a_day: int | None = None
    all_usd_a_day: float | None = None
    upload_bytes: int = 200_000_000
    upload_files: int = 500


@dataclass(frozen=True)
class ServerSettings:
    """How the server is reached and by whom."""

    accounts: bool = False
    public_url: str | None = None
    proxies: str = "127.0.0.1"
    oidc: OidcSettings | None = None
    consent: str = CONSENT
    limits: Limits = Limits()
    log_json: bool = False

    @property
    def consent_hash(self) -> str:
        """What is kept of an agreement: the hash of the text."""
        return hashlib.sha256(self.consent.encode()).hexdigest()

    @property
    def turn_limits(self) -> TurnLimits:
        """What turns may be asked for: nothing is limited where everybody is the one at this machine."""
        asked = {name: getattr(self.limits, name) for name in TurnLimits.__dataclass_fields__}
        return TurnLimits(**asked) if self.accounts else TurnLimits()

    @property
    def root_path(self) -> str:
        """The path below which a proxy shows the server; empty for none."""
        return urlsplit(self.public_url).path.rstrip("/") if self.public_url else ""


def read_public_url(text: str | None) -> str | None:
    """Check the address under which others see the server.

    Raises:
        SettingsError: it is none.
    """
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.username
    except ValueError:
        sound = False
    if not sound:
        raise SettingsError(f"LECTERN_PUBLIC_URL is {text!r}.", hint="Write it like https://course.example/lectern")
    return text.rstrip("/")


def read_roles(text: str | None) -> dict[str, Role]:
    """Read which values of a claim give which role: `reviewer=tutor,staff admin=lecturer`.

    Raises:
        SettingsError: it is written otherwise.
    """
    found: dict[str, Role] = {}
    for part in (text or "").split():
        role, _, values = part.partition("=")
        if role not in (Role.REVIEWER, Role.ADMIN) or not values:
            raise SettingsError(
                f"LECTERN_OIDC_ROLES holds {part!r}.", hint="Write it like reviewer=tutor,staff admin=lecturer"
            )
        found |= {value: Role(role) for value in values.split(",") if value}
    return found


def read_limits(text: str | None) -> Limits:
    """Read limits: `turns_a_minute=20 usd_a_day=0.5 all_at_once=none`.

    Raises:
        SettingsError: a name is none of theirs, or a value is no number above 0.
    """
    limits, names = Limits(), Limits.__dataclass_fields__
    for part in (text or "").replace(",", " ").split():
        name, _, value = part.partition("=")
        needed = name in ("queue", "upload_bytes", "upload_files")
        try:
            number = None if value == "none" and not needed else float(value)
            if name not in names or (number is not None and not 0 < number < 1e18):
                raise ValueError
        except ValueError as exc:
            hint = f"Write it as NAME=NUMBER, or NAME=none; names: {', '.join(names)}."
            raise SettingsError(f"LECTERN_LIMITS holds {part!r}.", hint=hint) from exc
        whole = number is not None and not name.endswith("usd_a_day")
        given = int(number) if whole and number is not None else number
        limits = replace(limits, **{name: given})  # type: ignore[arg-type]  # which may be None was checked
    return limits


def read_log(text: str | None) -> bool:
    """Tell whether the log is written as JSON lines.

    Raises:
        SettingsError: it is asked for in another way.
    """
    if text not in (None, "text", "json"):
        raise SettingsError(f"LECTERN_LOG is {text!r}.", hint="Give json or text.")
    return text == "json"


def read_consent(file: str | None) -> str:
    """Read the text that whoever signs in agrees to.

    Raises:
        SettingsError: the file cannot be read.
    """
    if file is None:
        return CONSENT
    try:
        return Path(file).expanduser().read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"LECTERN_CONSENT: {file} cannot be read.", hint="Give a text file in UTF-8.") from exc


def check_reach(host: str, server: ServerSettings) -> None:
    """Refuse to listen where others could come, or to be shown to them by a proxy, while everybody is an admin.

    Raises:
        SettingsError: the address, or the public one, is none of this machine's own, and accounts are off.
    """
    shown = urlsplit(server.public_url or "").hostname
    reached = [name for name in (host, shown) if name is not None and not _is_own(name)]
    if reached and not server.accounts:
        raise SettingsError(
            f"On {reached[0]} others can reach this server, and its accounts are off.",
            hint="Set LECTERN_ACCOUNTS=1 and run: lectern accounts add NAME --role admin. "
            "Or stay on 127.0.0.1, and leave LECTERN_PUBLIC_URL out.",
        )


def _is_own(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
