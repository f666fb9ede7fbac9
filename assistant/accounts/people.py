"""People, their roles, and the one question whether somebody may do something. Pure: reads no store.

student    asks, tags, searches, sees the library and what is their own
reviewer   also sees what others asked, judges and corrects it
admin      also changes the library and the accounts, and sees how the server is set up

What belongs to somebody is theirs alone, but for reviewers, who see turns under pseudonyms. A key may do less than its
owner: what its scopes name. Where accounts are off, everybody at this machine is its admin.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from index_store.errors import NotAllowed, NotSignedIn


class Role(StrEnum):
    """What somebody is in a course."""

    STUDENT = "student"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be done; also the scopes of a key."""

    ASK = "ask"
    TAG = "tag"
    SEARCH = "search"
    LIBRARY = "library"
    OWN = "own"
    """Read, change, export and delete what is one's own: conversations, votes, keys."""
    REVIEW = "review"
    LIBRARY_CHANGE = "library:change"
    ACCOUNTS = "accounts"
    OPERATE = "operate"
    """See how the server is set up, and its figures."""


_STUDENT = frozenset({Action.ASK, Action.TAG, Action.SEARCH, Action.LIBRARY, Action.OWN})
_REVIEWER = _STUDENT | {Action.REVIEW}
ALLOWED = {
    Role.STUDENT: _STUDENT,
    Role.REVIEWER: _REVIEWER,
    Role.ADMIN: frozenset(Action),
}

KEPT = frozenset({Action.ASK, Action.TAG})
"""What leaves a trace in the store."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks for something: `id` is a pseudonym, the only thing that traces know of them.

    `name` is what they sign in with, empty where accounts are off. `scopes` narrows what a key may do, None does not.
    Whoever has not `agreed` to how the course keeps what is asked cannot ask yet.
    """

    id: str
    role: Role
    name: str = ""
    scopes: frozenset[Action] | None = None
    agreed: bool = True

    def may(self, action: Action) -> bool:
        """Tell whether the role, and the key if one is used, allow an action."""
        return action in ALLOWED[self.role] and (self.scopes is None or action in self.scopes)


def owns(user: str | None, owner: str | None) -> bool:
    """Tell whether what belongs to one pseudonym is another's own; what is nobody's is nobody's own."""
    return user is not None and user == owner


def authorize(who: Person | None, action: Action, owner: str | None = None) -> Person:
    """Give back who may do something; `owner` is the pseudonym of whom it is done to, None for what is nobody's.

    Raises:
        NotSignedIn: it is not known who asks.
        NotAllowed: the role or the key does not allow it, or it is another's.
    """
    if who is None:
        raise NotSignedIn
    if not who.may(action):
        raise NotAllowed(_refusal(who, action), hint="Ask whoever runs this server.")
    if not who.agreed and action in KEPT:
        raise NotAllowed("You have not agreed to how questions are kept.", hint="Sign in on the page and read it.")
    if owner is not None and not owns(who.id, owner) and not (action is Action.REVIEW or action is Action.ACCOUNTS):
        raise NotAllowed("This is not yours.", hint="Sign in as whoever it belongs to.")
    return who


def _refusal(who: Person, action: Action) -> str:
    if action in ALLOWED[who.role]:
        return f"This key may not do that: its scopes lack {action.value!r}."
    return f"A {who.role.value} may not do that ({action.value})."
