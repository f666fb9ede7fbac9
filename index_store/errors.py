"""Every error that a user may see. Carries data only: nothing here logs, prints or exits.

LecternError                  message: what went wrong, naming the thing; hint: the next step
├── InvalidInput              a question, option or batch row that cannot be used
├── SettingsError             an environment variable or setting that cannot be used
├── DiskFull                  there is no room where a file was to be written
├── IndexProblem
│   ├── IndexEmpty            nothing has been ingested yet
│   ├── IndexMismatch         built with another model, window or splitter
│   ├── IndexDamaged          the files of the index cannot be read, or disagree with the ledger
│   └── IndexLocked           another process is writing
├── ServerStopping            the server is being stopped while it works on what was asked
├── SourceProblem
│   ├── SourceMissing         a path or address that leads to nothing
│   ├── UnreadableFile        one file that cannot be read; the others go on
│   ├── FetchRefused          an address that must not be fetched (private, robots.txt, scheme, type)
│   └── FetchFailed           an address that could not be fetched (network, status, limits)
├── EmbeddingProblem
│   ├── WeightsMissing        the local embedding model is not installed, or is not the one we know
│   └── EmbeddingServerFailed the embedding server refused, failed or answered nonsense
├── ModelProblem
│   ├── ModelUnreachable      no connection, or no answer in time
│   ├── ModelDenied           key missing or refused
│   ├── ModelUnknown          the server has no model of the name that is asked for
│   ├── ModelOverloaded       still 429 or 5xx after the retries
│   ├── ModelReplyBroken      an answer that is no answer: cut off, empty or garbage
│   └── TagParseError         a reply to a tagging prompt that is no list of names, also after being asked again
├── ToolProblem
│   ├── ToolUnavailable       a tool that cannot work here: offline, no key, switched off
│   ├── ToolFailed            what a tool asked did not answer, or answered nonsense
│   └── ToolRefused           a call that the user's question did not ask for
├── AccessProblem
│   ├── NotSignedIn           it is not known who asks
│   ├── SignInRefused         a name, password, key or session that is not accepted
│   ├── AccountUnknown        there is no such account or key
│   ├── NotAllowed            a role or key that does not allow it, or another's thing
│   └── LimitReached          more than one user, or all together, may ask for: when to try again
├── PromptProblem             a prompt template that is malformed or lacks a variable
│   └── PromptUnknown         there is no such template, or no such version of it
└── TraceProblem
    ├── TracesUnavailable     the trace store cannot be opened or written
    ├── TraceUnknown          there is no such trace
    └── DeliveryProblem
        ├── SinkDenied        Comet or Opik refused the key: delivery pauses
        ├── SinkRefused       it refused this one item: kept as a dead letter
        └── SinkUnavailable   it could not take it now: tried again later
"""

from __future__ import annotations

from typing import Any


class LecternError(Exception):
    """Base of all errors that are shown to the user as they are: `message`, and `hint` as the next step."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class InvalidInput(LecternError):
    """A question, option or batch row that cannot be used."""


class NoValue(InvalidInput):
    """An expression that is no arithmetic, or that has no value."""


class SettingsError(LecternError):
    """An environment variable or a setting that cannot be used."""


class DiskFull(LecternError):
    """There is no room left where a file was to be written."""


class IndexProblem(LecternError):
    """Something about the index as a whole."""


class IndexEmpty(IndexProblem):
    """Nothing has been ingested yet."""

    def __init__(self) -> None:
        super().__init__("Nothing has been ingested yet.", hint="Run: lectern ingest FOLDER (or lectern ui)")


class IndexMismatch(IndexProblem):
    """The index was built with another embedding model, window or splitter than the settings ask for."""


class IndexDamaged(IndexProblem):
    """The files of the index cannot be read, or disagree with the ledger."""


class IndexLocked(IndexProblem):
    """Another process is writing to the index."""


class ServerStopping(LecternError):
    """The server is being stopped while it works on what was asked; `retry_after_s` is when it is likely back."""

    retry_after_s = 60.0

    def __init__(self) -> None:
        super().__init__("The server is being stopped.", hint="Ask again in a minute; what was said so far is kept.")


class SourceProblem(LecternError):
    """Something about one source: a file, a folder, an address."""


class SourceMissing(SourceProblem):
    """A path or address that leads to nothing."""


class UnreadableFile(SourceProblem):
    """One file that cannot be read; the other files of its source go on."""


class FetchRefused(SourceProblem):
    """An address that must not be fetched: private, disallowed by robots.txt, wrong scheme or type."""


class FetchFailed(SourceProblem):
    """An address that could not be fetched: network, status or a limit."""


class EmbeddingProblem(LecternError):
    """Something about turning text into vectors."""


class WeightsMissing(EmbeddingProblem):
    """The local embedding model is not installed, or its weights are not the ones we know."""


class EmbeddingServerFailed(EmbeddingProblem):
    """The embedding server refused, failed or answered nonsense."""


class ModelProblem(LecternError):
    """Something about the language model's server."""


class ModelUnreachable(ModelProblem):
    """No connection to the model's server, or no answer in time."""


class ModelDenied(ModelProblem):
    """The model's server wants a key, or refuses the one it got."""


class ModelUnknown(ModelProblem):
    """The model's server has no model of the name that is asked for."""


class ModelOverloaded(ModelProblem):
    """The model's server still answers 429 or 5xx after the retries."""


class ModelReplyBroken(ModelProblem):
    """The model's server answered with something that is no answer: cut off, empty or garbage.

    `partial` is what had arrived by then.
    """

    def __init__(self, message: str, *, hint: str = "", partial: str = "") -> None:
        super().__init__(message, hint=hint)
        self.partial = partial


class TagParseError(ModelProblem):
    """A reply to a tagging prompt that is no JSON list of names; `reason` says why, `reply` is what the model said.

    `spent` is what its turn had used by then, where one was kept.
    """

    spent: Any = None

    def __init__(self, message: str, *, hint: str = "", reason: str = "", reply: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.reply = reply


class ToolProblem(LecternError):
    """Something about one of the agent's tools; the turn goes on, and the model reads the message."""


class ToolUnavailable(ToolProblem):
    """A tool that cannot work here: offline, without a key, or switched off."""


class ToolFailed(ToolProblem):
    """What a tool asked did not answer, or answered nonsense."""


class ToolRefused(ToolProblem):
    """A call that the user's question did not ask for."""


class AccessProblem(LecternError):
    """Who asks may not, or not now."""


class NotSignedIn(AccessProblem):
    """It is not known who asks."""

    def __init__(self) -> None:
        super().__init__("You are not signed in.", hint="Sign in, or send a key as: Authorization: Bearer KEY")


class SignInRefused(AccessProblem):
    """A name, password, key or session that is not accepted; `retry_after_s` is how long to wait, if at all."""

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class AccountUnknown(AccessProblem):
    """There is no such account or key."""


class NotAllowed(AccessProblem):
    """A role or key that does not allow what is asked for, or a thing of somebody else."""


class LimitReached(AccessProblem):
    """More than one user, or all together, may ask for; `retry_after_s` is when it can be tried again."""

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class PromptProblem(LecternError):
    """A prompt template that is malformed or lacks a variable."""


class PromptUnknown(PromptProblem):
    """There is no such prompt template, or no such version of it."""


class TraceProblem(LecternError):
    """Something is wrong with the traces, not with the answers."""


class TracesUnavailable(TraceProblem):
    """The trace store cannot be opened or written."""


class TraceUnknown(TraceProblem):
    """There is no such trace."""


class ConversationUnknown(TraceProblem):
    """There is no such conversation of this user."""


class DeliveryProblem(TraceProblem):
    """A trace could not be delivered to Comet or Opik."""


class SinkDenied(DeliveryProblem):
    """The sink refused the key: nothing can be delivered until that is mended."""


class SinkRefused(DeliveryProblem):
    """The sink refused this one item: trying again would not help."""


class SinkUnavailable(DeliveryProblem):
    """The sink could not take it now; `retry_after_s` is when it asked to be tried again, None if it did not say."""

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s
