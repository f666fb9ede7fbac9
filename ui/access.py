"""Tells who sends a request: by their session, their key, or, where accounts are off, by the pseudonym in a cookie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from assistant.accounts.accounts import Accounts
from assistant.accounts.keys import Keys
from assistant.accounts.people import Action, Person, Role
from ui.visitors import COOKIE, Visitors

SESSION = "lectern_session"
"""The cookie of who has signed in."""
F = TypeVar("F", bound=Callable[..., object])


class Asking(Protocol):
    """A request as Starlette and Gradio both give it: with the cookies and headers that came along."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies by name."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by name, in small letters."""


class Access(Protocol):
    """What tells who asks."""

    def person(self, request: Asking | None) -> Person | None:
        """Give whoever sits before a page, by their cookie; None where that is not known."""

    def client(self, request: Asking) -> Person | None:
        """Give whose program asks, by the key in `Authorization`; None where there is none.

        Raises:
            SignInRefused: the key is not accepted.
        """


class OpenAccess:
    """Accounts are off: whoever reaches this machine's loopback is its admin, told apart by a cookie alone."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors

    def person(self, request: Asking | None) -> Person | None:
        """Give the visitor."""
        pseudonym = None if request is None else self._visitors.read(request.cookies.get(COOKIE))
        return None if pseudonym is None else Person(pseudonym, Role.ADMIN)

    def client(self, request: Asking) -> Person | None:
        """Give the machine's own user: any key is as good as none, for clients insist on sending one."""
        return LOCAL


LOCAL = Person("local", Role.ADMIN)
"""Whoever calls from a program where accounts are off."""


class AccountAccess:
    """Accounts are on: pages know people by their session, the API by their key."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.keys = Keys(accounts)

    def person(self, request: Asking | None) -> Person | None:
        """Give who has signed in."""
        return None if request is None else self.accounts.signed_in(request.cookies.get(SESSION))

    def client(self, request: Asking) -> Person | None:
        """Give whose key came along.

        Raises:
            SignInRefused: it is not accepted.
        """
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        return self.keys.person(key.strip()) if kind.lower() == "bearer" and key.strip() else None


def needs(action: Action) -> Callable[[F], F]:
    """Mark what a page calls with what it takes, where that is more than seeing the page; the guard asks for it."""

    def mark(function: F) -> F:
        function.action = action  # type: ignore[attr-defined]
        return function

    return mark
