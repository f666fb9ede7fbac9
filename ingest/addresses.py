"""Web addresses: parsed strictly, checked, and printed without secrets. Resolves no names, opens no connection.

What is parsed here is what is asked for: a request is built from the parts of an `Address`, so no second parser can
read the same text in another way. What has more than one reading (user@host, 0x7f.1, a backslash) is refused.

Ports: 80, 443 and those above 1023, where course pages do live (8000, 8080); below 1024 are mail, file and remote
log-in services, which must not be talked to from the user's machine, and above it those that browsers block as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

import idna

from index_store.errors import FetchRefused
from ingest.ip_policy import IP, why_refused

__all__ = ["Address", "join", "parse", "printable"]

MAX_CHARACTERS = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HIGHEST_SYSTEM_PORT = 1023
# The "bad ports" of the Fetch standard (https://fetch.spec.whatwg.org/#bad-port) above 1023.
_BLOCKED_PORTS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
)
# RFC 3986, appendix B, without the fragment, which is never sent.
_PARTS = re.compile(r"([a-z][a-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(\?[^#]*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,8}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
# Names that never mean a public site (RFC 6761, 6762, 8375, 7686, and what clouds call their metadata services).
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa", "onion", "intranet", "lan", "localdomain")
_ELSEWHERE = "Only public pages are fetched. Save the page as a file and ingest that file."


@dataclass(frozen=True, slots=True)
class Address:
    """A checked http(s) address: nothing in it but what goes into the request."""

    scheme: str
    host: str  # ASCII, lower case, no trailing dot, IPv6 without brackets
    port: int
    target: str  # path and query, percent-encoded ASCII without dot segments

    @property
    def ip(self) -> IP | None:
        """The host as an IP address; None where it is a name."""
        try:
            return IPv6Address(self.host) if ":" in self.host else IPv4Address(self.host)
        except AddressValueError:
            return None

    @property
    def authority(self) -> str:
        """Host, and port where it is not the scheme's own, as the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority: what one robots.txt is for."""
        return f"{self.scheme}://{self.authority}"

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def printable(self) -> str:
        """The address for messages: its query may hold a key, so it is left out."""
        path, mark, _ = self.target.partition("?")
        return _shorten(f"{self.origin}{path}{'?…' if mark else ''}")

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"


def parse(text: str, *, allow_loopback: bool = False) -> Address:
    """Read an address as a user, a document, a tool or a model wrote it.

    Raises:
        FetchRefused: naming the address without its secrets, the reason and the next step.
    """
    text = text.strip(" \t\r\n")
    _check_length(text, text)
    if _CONTROLS.search(text):
        raise _refused(text, "it holds control characters", "Copy the address again, in one line.")
    match = _PARTS.match(text)
    if match is None or match[2] is None or match[1].lower() not in _DEFAULT_PORTS:
        raise _refused(text, "it is no http:// or https:// address", "Write it in full, as in https://example.org/page")
    scheme = match[1].lower()
    host, port = _host_and_port(text, match[2])
    address = Address(scheme, _host(text, host), _port(text, scheme, port), _target(match[3], match[4] or ""))
    _check_length(text, str(address))  # what was accepted is accepted again as it is written down
    _check_host(text, address, allow_loopback)
    return address


def join(base: Address, location: str, *, allow_loopback: bool = False) -> Address:
    """Read the address that a redirect leads to, checked like any other.

    Raises:
        FetchRefused: as `parse` does.
    """
    if _CONTROLS.search(location):
        raise _refused(location, "it holds control characters", "Open the page in a browser.")
    try:
        joined = urljoin(str(base), location)
    except ValueError:
        joined = location  # parse() says what is wrong with it
    return parse(joined, allow_loopback=allow_loopback)


def printable(text: str) -> str:
    """Give an address that could not be parsed for a message: in one line, without log-in and query.

    All up to the last "@" goes, for in an address that is no address nobody can tell where a password ends.
    """
    before, at, after = text.strip().rpartition("@")
    scheme = re.match(r"[a-z][a-z0-9+.-]{0,20}://", before, re.IGNORECASE)
    shown = f"{scheme[0] if scheme else ''}…@{after}" if at else after
    path, mark, _ = shown.partition("?")
    return _shorten(f"{path.partition('#')[0]}{'?…' if mark else ''}")


def _shorten(text: str) -> str:
    line = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return line if len(line) <= 200 else f"{line[:160]}…{line[-30:]}"


def _refused(text: str, reason: str, hint: str) -> FetchRefused:
    return FetchRefused(f"{printable(text) or 'The address'}: not fetched, because {reason}.", hint=hint)


def _host_and_port(text: str, authority: str) -> tuple[str, str | None]:
    if "@" in authority:
        raise _refused(text, "it holds a user name or password", "Remove what stands before the @.")
    match = _AUTHORITY.fullmatch(authority)
    if match is None or "\\" in authority:
        raise _refused(
            text, "its host or port cannot be read", "Write it as https://host/path or https://host:port/path"
        )
    return match[1], match[2]


def _port(text: str, scheme: str, written: str | None) -> int:
    port = int(written) if written else _DEFAULT_PORTS[scheme]
    system = port <= _HIGHEST_SYSTEM_PORT and port not in _DEFAULT_PORTS.values()
    if system or port > 65535 or port in _BLOCKED_PORTS:
        raise _refused(text, f"port {port} is not one for web pages", "Use port 80, 443 or one above 1023.")
    return port


def _host(text: str, written: str) -> str:
    """Give the host in its one canonical form."""
    if written.startswith("["):
        try:
            ip = IPv6Address(written[1:-1])
        except AddressValueError:
            ip = None
        if ip is None or ip.scope_id is not None:
            raise _refused(text, "its IPv6 address cannot be read", "Use the name of the site.")
        return str(ip)
    host = _ascii(text, written).removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):  # a number in the end makes it an IPv4 address in any browser
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            raise _refused(
                text, "its host is a number that can be read in several ways", "Write the name of the site."
            ) from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(text, "its host is not the name of a site", "Write it as in https://example.org/page")
    return host


def _ascii(text: str, host: str) -> str:
    """Map a name to ASCII (UTS 46): what looks like a letter, digit or dot becomes that letter, digit or dot."""
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        pass
    try:  # idna refuses names without a letter; such a name may still be a number in disguise
        return idna.uts46_remap(host, std3_rules=True).encode("ascii").decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise _refused(text, "its host is not the name of a site", "Write it as in https://example.org/page") from None


def _check_length(text: str, written: str) -> None:
    if len(written) > MAX_CHARACTERS:
        raise _refused(text, f"it is longer than {MAX_CHARACTERS} characters", "Use a shorter address.")


def _check_host(text: str, address: Address, allow_loopback: bool) -> None:
    """Refuse what can be told without asking the resolver; what it answers is checked when connecting."""
    ip, host = address.ip, address.host
    if ip is not None:
        reason = why_refused(ip, allow_loopback=allow_loopback)
        if reason is not None:
            raise _refused(text, f"its IP address is {reason}", _ELSEWHERE)
        return
    if allow_loopback and host == "localhost":
        return
    if "." not in host or host.endswith(tuple(f".{name}" for name in _LOCAL_NAMES)):
        raise _refused(text, "its host is a name of the local network", _ELSEWHERE)


def _target(path: str, query: str) -> str:
    """Percent-encode path and query, and take out dot segments, so that robots.txt judges what the server serves."""
    encoded = _quote(path, "/%:@!$&'()*+,;=~-._")
    asked = _quote(query, "/%:@!$&'()*+,;=~-._?[]|^`{}")
    kept: list[str] = []
    segments = encoded.split("/")[1:]
    for place, segment in enumerate(segments):
        plain = re.sub("%2e", ".", segment, flags=re.IGNORECASE)
        if plain == "..":
            kept[-1:] = []
        if plain not in (".", ".."):
            kept.append(segment)
        elif place == len(segments) - 1:
            kept.append("")
    return f"/{'/'.join(kept)}{asked}"


def _quote(text: str, safe: str) -> str:
    return quote(re.sub("%(?![0-9A-Fa-f]{2})", "%25", text), safe=safe, errors="replace")
