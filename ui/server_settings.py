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
    consent: str = ""
    """The text that whoever signs in agrees to."""
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


def read_oidc(
    issuer: str | None, client: str | None, secret: SecretStr | None, claim: str | None, roles: Mapping[str, Role]
) -> OidcSettings | None:
    """Read which provider people sign in with, None for none.

    Raises:
        SettingsError: a part is missing, or who reads along could be anybody.
    """
    if issuer is None and client is None and secret is None:
        return None
    if issuer is None or client is None or secret is None:
        raise SettingsError(
            "Only a part of the OpenID provider is set.",
            hint="Set LECTERN_OIDC_ISSUER, LECTERN_OIDC_CLIENT_ID and LECTERN_OIDC_CLIENT_SECRET.",
        )
    at = urlsplit(issuer)
    if not at.hostname or (at.scheme != "https" and not (at.scheme == "http" and is_own(at.hostname))):
        raise SettingsError(
            f"LECTERN_OIDC_ISSUER is {issuer!r}: what it says of who signs in could be read and changed on the way.",
            hint="Give an address that begins with https://; http:// is for a provider on this machine alone.",
        )
    return OidcSettings(issuer.rstrip("/"), client, secret, claim or "roles", roles)


def read_limits(text: str | None) -> Limits:
    """Read limits: `turns_a_minute=20 usd_a_day=0.5 all_at_once=none`.

    Raises:
        SettingsError: a name is none of theirs, or a value is no number above 0, or a fraction of what is counted.
    """
    limits, names = Limits(), Limits.__dataclass_fields__
    for part in (text or "").replace(",", " ").split():
        name, _, value = part.partition("=")
        needed, money = name in ("queue", "upload_bytes", "upload_files"), name.endswith("usd_a_day")
        try:
            number = None if value == "none" and not needed else _amount(value, whole=not money)
            if name not in names:
                raise ValueError
        except ValueError as exc:
            hint = f"Write it as NAME=NUMBER, whole but for US dollars, or NAME=none; names: {', '.join(names)}."
            raise SettingsError(f"LECTERN_LIMITS holds {part!r}.", hint=hint) from exc
        limits = replace(limits, **{name: number})  # type: ignore[arg-type]  # which may be None was checked
    return limits


def _amount(text: str, *, whole: bool) -> float:
    """Read a number above 0, and below what a database keeps."""
    number = float(text)
    if not 0 < number < 1e18 or (whole and not number.is_integer()):
        raise ValueError(text)
    return int(number) if whole else number


def read_log(text: str | None) -> bool:
    """Tell whether the log is written as JSON lines.

    Raises:
        SettingsError: it is asked for in another way.
    """
    if text not in (None, "text", "json"):
        raise SettingsError(f"LECTERN_LOG is {text!r}.", hint="Give json or text.")
    return text == "json"


def read_consent(file: str) -> str:
    """Read the course team's own text that whoever signs in agrees to.

    Raises:
        SettingsError: the file cannot be read.
    """
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
    reached = [name for name in (host, shown) if name is not None and not is_own(name)]
    if reached and not server.accounts:
        raise SettingsError(
            f"On {reached[0]} others can reach this server, and its accounts are off.",
            hint="Set LECTERN_ACCOUNTS=1 and run: lectern accounts add NAME --role admin. "
            "Or stay on 127.0.0.1, and leave LECTERN_PUBLIC_URL out.",
        )


def is_own(name: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
