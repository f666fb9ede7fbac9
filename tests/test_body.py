"""Bodies are read within limits, whatever they claim to be."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.errors import FetchFailed, FetchRefused
from ingest.body import BodyLimits, read_body
from ingest.connections import Reply

LIMITS = BodyLimits(max_bytes=10_000_000, max_ratio=100.0)


def reply(pieces: Iterable[bytes], **headers: str) -> Reply:
    return Reply(200, {name.replace("_", "-"): value for name, value in headers.items()}, iter(pieces))


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.binary(max_size=5000), st.integers(1, 700), st.sampled_from(["gzip", "GZIP ", "x-gzip"]))
def test_gzip_cut_anywhere_gives_what_was_packed(data: bytes, size: int, encoding: str) -> None:
    assert read_body(reply(cut(gzip.compress(data), size), content_encoding=encoding), "it", LIMITS) == data


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5), st.integers(1, 50), st.booleans())
def test_gzip_of_several_members_gives_all_of_them(parts: list[bytes], size: int, padded: bool) -> None:
    packed = b"".join(gzip.compress(part) for part in parts) + (bytes(30) if padded else b"")
    assert read_body(reply(cut(packed, size), content_encoding="gzip"), "it", LIMITS) == b"".join(parts)


@settings(max_examples=30)
@given(st.integers(1_000_000, 3_000_000), st.integers(1, 60))
def test_gzip_that_fills_the_decoders_steps_loses_nothing(length: int, size: int) -> None:
    data = bytes(length)
    limits = BodyLimits(max_bytes=10_000_000, max_ratio=5000.0)
    assert read_body(reply(cut(gzip.compress(data), size), content_encoding="gzip"), "it", limits) == data


@pytest.mark.parametrize("keep", [1, 9, 15, -9, -8, -1])
def test_gzip_that_is_cut_off_is_an_error(keep: int) -> None:
    packed = gzip.compress(b"some text " * 50)
    with pytest.raises(FetchFailed, match="broken or cut off"):
        read_body(reply([packed[:keep]], content_encoding="gzip"), "it", LIMITS)


def test_what_is_no_gzip_or_was_damaged_is_an_error() -> None:
    damaged = bytearray(gzip.compress(b"some text " * 50))
    damaged[-6] ^= 1  # in its checksum
    for data in (b"<p>plain</p>", bytes(damaged)):
        with pytest.raises(FetchFailed, match="broken"):
            read_body(reply([data], content_encoding="gzip"), "it", LIMITS)
    assert read_body(reply([], content_encoding="gzip"), "it", LIMITS) == b""


def test_decompression_bomb_is_stopped_after_little_of_it() -> None:
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    fed = 0

    def feed() -> Iterator[bytes]:
        nonlocal fed
        for piece in cut(bomb, 1000):
            fed += 1000
            yield piece

    with pytest.raises(FetchFailed, match="decompression bomb"):
        read_body(reply(feed(), content_encoding="gzip"), "it", BodyLimits(10**9, 100.0))
    assert fed < 0.1 * len(bomb)


def test_bomb_in_one_packet_is_stopped_by_the_size_limit_without_being_unpacked() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = packer.compress(bytes(50_000_000)) + packer.flush()
    with pytest.raises(FetchFailed, match=r"longer than 0\.5 MB"):
        read_body(reply([bomb], content_encoding="gzip"), "it", BodyLimits(500_000, 100.0))


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "compress", "gzip, gzip", "gzip, br", "x\u202ey"])
def test_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(FetchRefused, match="not asked for") as caught:
        read_body(reply([b"x"], content_encoding=encoding), "it", LIMITS)
    assert caught.value.message.isprintable()


def test_declared_length_over_the_limit_is_refused_before_a_byte_is_read() -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    with pytest.raises(FetchFailed, match="longer than 10 MB"):
        read_body(reply(never(), content_length="10000001"), "it", LIMITS)


@pytest.mark.parametrize("length", ["", "5", "-1", "²", "many"])
def test_body_over_the_limit_is_cut_off_whatever_was_declared(length: str) -> None:
    endless = iter(lambda: b"x" * 65536, b"")
    with pytest.raises(FetchFailed, match="longer than 10 MB"):
        read_body(reply(endless, content_length=length), "it", LIMITS)


def test_body_of_just_the_limit_passes_and_may_be_cut_at_it() -> None:
    limits = BodyLimits(1000, 100.0)
    assert len(read_body(reply([b"x" * 600, b"x" * 400], content_length="1000"), "it", limits)) == 1000
    assert read_body(reply([b"y" * 1001], content_length="1001"), "it", limits, cut=True) == b"y" * 1000
