"""Passwords: which will do, how they are hashed, and whether one fits. Keeps nothing.

Hashed with argon2id (RFC 9106, the low-memory profile of argon2-cffi).
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.tracing.redaction import storable
from index_store.errors import InvalidInput

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 500
_AT_ONCE = threading.Semaphore(2)  # each hash takes 64 MB
_HASHER = PasswordHasher()


def name_key(name: str) -> str:
    """Give a name as names are compared: without case, and in one form of Unicode (NFKC)."""
    return storable(unicodedata.normalize("NFKC", name).casefold().strip())


@cache
def nobodys() -> str:
    """Give the hash that is checked for a name that nobody has, so that this takes as long."""
    return _HASHER.hash(secrets.token_hex(16))


def checked_hash(password: str, name: str) -> str:
    """Hash a password that will do for whoever has that name.

    Raises:
        InvalidInput: it is too short, too long or too easily guessed.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(
            f"The password has {len(password)} characters.", hint=f"Give {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}."
        )
    if len(set(password)) < 4 or name_key(password) == name_key(name):
        raise InvalidInput("The password is too easily guessed.", hint="Take a sentence, or let a program make one.")
    return hash_of(password)


def hash_of(password: str) -> str:
    """Hash a password as it is."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def is_outdated(kept: str) -> bool:
    """Tell a hash of an earlier profile, to be made anew."""
    return _HASHER.check_needs_rehash(kept)


def fits(kept: str, password: str) -> bool:
    """Tell whether a password has that hash."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        with _AT_ONCE:
            return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
