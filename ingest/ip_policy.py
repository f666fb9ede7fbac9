"""Which IP addresses may be connected to: those of the public internet alone. Resolves no names, opens no connection.

The tables are written out from the registries of IANA (iana-ipv4-special-registry, iana-ipv6-special-registry),
because `ipaddress.is_global` answers differently from one Python release to the next, and lets some addresses of cloud
metadata services through.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IP = IPv4Address | IPv6Address

_IPV4: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a provider's customers"),  # CGNAT; 100.100.100.200 is Alibaba's metadata service
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "a cloud metadata service"),  # Azure's, though the range is public
    ("169.254.169.254/32", "a cloud metadata service"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),  # 192.0.0.192 is Oracle's metadata service
    ("192.0.2.0/24", "reserved for documentation"),
    ("192.88.99.0/24", "reserved (6to4 relays)"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "reserved for benchmarks"),
    ("198.51.100.0/24", "reserved for documentation"),
    ("203.0.113.0/24", "reserved for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
_IPV6: tuple[tuple[str, str], ...] = (
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "IPv4 in the clothes of IPv6"),
    ("64:ff9b:1::/48", "private (local NAT64)"),
    ("fc00::/7", "private"),  # fd00:ec2::254 is Amazon's metadata service
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private (site-local)"),
    ("ff00::/8", "multicast"),
    ("2001::/32", "IPv4 in the clothes of IPv6 (Teredo)"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "reserved for documentation"),
    ("2002::/16", "IPv4 in the clothes of IPv6 (6to4)"),
    ("3fff::/20", "reserved for documentation"),
)
_REFUSED_4 = tuple((IPv4Network(text), reason) for text, reason in _IPV4)
_REFUSED_6 = tuple((IPv6Network(text), reason) for text, reason in _IPV6)
_GLOBAL_6 = IPv6Network("2000::/3")  # all that IANA has given out as global unicast
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how a network with IPv6 alone reaches hosts that have IPv4 alone
_ISATAP = 0x5EFE  # RFC 5214: interface id 0:5efe or 200:5efe, then an IPv4 address


def why_refused(ip: IP, *, allow_loopback: bool = False) -> str | None:
    """Say why an address must not be connected to; None where it is public.

    NAT64's well-known prefix is judged by the IPv4 address inside, every other form of IPv4 in IPv6 is refused: no
    name of a public site resolves to one.
    """
    if allow_loopback and _is_loopback(ip):
        return None
    if isinstance(ip, IPv4Address):
        return next((reason for network, reason in _REFUSED_4 if ip in network), None)
    if ip.scope_id is not None:
        return "link-local"
    if ip in _NAT64:
        return why_refused(IPv4Address(int(ip) & 0xFFFF_FFFF))
    reason = next((reason for network, reason in _REFUSED_6 if ip in network), None)
    if reason is not None or ip not in _GLOBAL_6:
        return reason or "reserved"
    return "IPv4 in the clothes of IPv6 (ISATAP)" if (int(ip) >> 32) & 0xFDFF_FFFF == _ISATAP else None


def parse_ip(text: str) -> IP:
    """Parse an address as a resolver gives it.

    Raises:
        ValueError: when it is none.
    """
    return ip_address(text)


def _is_loopback(ip: IP) -> bool:
    return ip in IPv4Network("127.0.0.0/8") if isinstance(ip, IPv4Address) else int(ip) == 1 and ip.scope_id is None
