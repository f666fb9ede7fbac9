"""Only addresses of the public internet pass."""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ip_policy import why_refused

METADATA = [
    "169.254.169.254",  # Amazon, Google, Azure and others
    "169.254.170.2",  # Amazon, containers
    "fd00:ec2::254",
    "fd20:ce::254",  # Google
    "100.100.100.200",  # Alibaba
    "192.0.0.192",  # Oracle
    "168.63.129.16",  # Azure
]
NOT_PUBLIC = [
    *METADATA,
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254"),
    *("172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1"),
    *("203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *(
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
    ),
    *("fec0::1", "fc00::1", "fdff::1", "ff02::1", "100::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1"),
    *("2002:7f00:1::", "2002:808:808::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1"),
    *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::8.8.8.8"),
    *("2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
]
PUBLIC = [
    *(
        "8.8.8.8",
        "93.184.216.34",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "223.255.255.1",
    ),
    *("2606:4700::1111", "2a00:1450:4001::200e", "2001:4860:4860::8888", "2003::1", "64:ff9b::8.8.8.8"),
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_address_that_is_not_public_is_refused_with_a_reason(text: str) -> None:
    assert why_refused(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_address_passes(text: str) -> None:
    assert why_refused(ip_address(text)) is None


@pytest.mark.parametrize("text", ["127.0.0.1", "127.8.9.1", "::1"])
def test_loopback_passes_only_where_it_is_allowed(text: str) -> None:
    assert why_refused(ip_address(text)) == "loopback"
    assert why_refused(ip_address(text), allow_loopback=True) is None


@pytest.mark.parametrize("text", [a for a in NOT_PUBLIC if not a.startswith("127.") and a != "::1"])
def test_allowing_loopback_allows_nothing_else(text: str) -> None:
    assert why_refused(ip_address(text), allow_loopback=True)


@given(st.ip_addresses(v=4))
def test_what_passes_of_ipv4_is_global_for_python_too(ip: IPv4Address) -> None:
    if why_refused(ip) is None:
        assert ip.is_global
        assert not (ip.is_multicast or ip.is_private or ip.is_reserved)


@given(st.ip_addresses(v=6))
def test_what_passes_of_ipv6_is_global_for_python_too(ip: IPv6Address) -> None:
    if why_refused(ip) is None:
        assert ip.is_global
        assert not (ip.is_multicast or ip.is_private or ip.is_site_local or ip.ipv4_mapped or ip.sixtofour or ip.teredo)


@given(st.ip_addresses(v=4))
def test_ipv4_inside_ipv6_never_passes_unless_it_is_public_behind_nat64(ip: IPv4Address) -> None:
    number = int(ip)
    for form in (0, 0xFFFF << 32, 0xFFFF << 48, 0x2002 << 112 | number << 80, 0x20010000 << 96 | ~number & 0xFFFFFFFF):
        assert why_refused(IPv6Address(form | (number if form < 1 << 96 else 0)))
    nat64 = IPv6Address((0x64 << 112) | (0xFF9B << 96) | number)
    assert (why_refused(nat64) is None) == (why_refused(ip) is None)


def test_every_network_that_python_calls_private_is_refused_at_both_ends() -> None:
    chance = random.Random(7)
    for _ in range(20_000):
        ip = IPv4Address(chance.getrandbits(32))
        if ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_link_local:
            assert why_refused(ip), ip
