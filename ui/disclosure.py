"""What somebody may read of how the server is set up: admins all of it, others what happened and what they can do.

Errors name addresses, variables and commands, because whoever runs the server has to mend it. A student can mend
nothing there: what is kept from them stands in the log, in their turn's trace and on what an admin sees. Where accounts
are off, whoever asks is the admin of this machine.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.accounts.people import Action, Person
from assistant.tracing.records import ERROR_TYPE, PROVIDER
from index_store import errors
from index_store.errors import LecternError
from ui.rows import TurnFailed

if TYPE_CHECKING:
    from assistant.events import Event
    from assistant.llms import Model

FAULT = "Something went wrong here."
TEAM = "Ask the course team."
LATER = "Try again later, or tell the course team."
_SAID: Sequence[tuple[type[LecternError], str]] = (
    (errors.ModelUnreachable, "The language model does not answer."),
    (errors.ModelOverloaded, "The language model is overloaded or out of order."),
    (errors.ModelReplyBroken, "The answer of the language model broke off or cannot be used."),
    (errors.TagParseError, "The language model gave no list of names."),
    (errors.ModelProblem, "The language model cannot be used now."),
    (errors.EmbeddingProblem, "The search of the course cannot be used now."),
    (errors.IndexEmpty, "There is nothing in the course's library yet."),
    (errors.IndexLocked, "The course's library is being changed by somebody else."),
    (errors.IndexProblem, "The course's library cannot be read now."),
    (errors.DiskFull, "The server has no room left."),
    (errors.SettingsError, "This server is not set up for that."),
    (errors.PromptProblem, "The prompt that was chosen cannot be used."),
    (errors.TracesUnavailable, "What was asked before cannot be read or kept now."),
    (errors.DeliveryProblem, "What was asked could not be passed on."),
)
"""What is said of an error whose own words are about the server; of the classes that fit the first."""
_THEIRS = (errors.InvalidInput, errors.AccessProblem, errors.SourceProblem)
"""What is wrong with what was asked for, and would be later too."""
_FOR_OPERATORS = re.compile(
    r"\blectern [a-z]|\b[A-Z]{2,}_[A-Z_]+\b|the log of the server|\bsettings\.yml\b|\bCheck the key\b"
)
_ASIDE = re.compile(r" \(see: lectern [a-z]+\)")
_KNOWN_PROVIDERS = frozenset({"openai", "lectern"})
SOME_SERVER = "compatible"
"""What is said of a provider that is named by its host."""
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
log = logging.getLogger(__name__)


def sees_setup(who: Person | None) -> bool:
    """Tell whether somebody may read how the server is set up."""
    return who is not None and who.may(Action.OPERATE)


def label_for(model: Model, sees: bool) -> str:
    """Give what the badge says of the model: where it is served only who may see that reads."""
    return model.label if sees or model.endpoint is None else model.name


def error_for(error: LecternError, sees: bool) -> LecternError:
    """Give an error in the words that are for its reader, and of the same class; the log keeps what was left out."""
    if sees:
        return error
    kind = getattr(errors, error.kind, type(error)) if isinstance(error, TurnFailed) else type(error)
    message, hint = _words(kind, error.message, error.hint)
    if (message, hint) == (error.message, error.hint):
        return error
    log.warning("Told in other words: %s: %s", kind.__name__, error)
    told = type(error).__new__(type(error))  # a copy would be made by the constructor, and each class has another
    vars(told).update(vars(error), message=message, hint=hint)
    return told


def event_for(event: Event, sees: bool) -> Event:
    """Give an event of a turn in the words that are for its reader."""
    from assistant.events import Answer, Failure, Refusal, Thought, ToolStep

    if sees:
        return event
    if isinstance(event, Failure):
        told = error_for(TurnFailed(event.message, hint=event.hint, kind=event.kind), sees)
        return replace(event, message=told.message, hint=told.hint)
    if isinstance(event, Answer | Refusal) and event.offers:
        return replace(event, offers=())  # commands that add to the library
    if isinstance(event, ToolStep) and event.error:
        return replace(event, error=_without_remedies(event.error) or LATER)
    if isinstance(event, Thought):
        return replace(event, text=_ASIDE.sub("", event.text))
    return event


def record_for(record: Mapping[str, Any], sees: bool) -> dict[str, Any]:
    """Give a kept turn, whole or as a row of a list, in the words that are for its reader."""
    shown = dict(record)
    if sees:
        return shown
    if shown.get("provider"):
        shown["provider"] = _provider(shown["provider"])
    if shown.get("error"):
        shown["error"] = _kept(shown["error"], shown.get("error_type"))
    before = shown.get("spans") or []
    spans = [_span(span) for span in before]
    pairs = ((old.get("error"), new.get("error")) for old, new in zip(before, spans, strict=True))
    told = {old: new for old, new in pairs if old and new and old != new}
    # What went wrong in a step stands in the next prompt, in notes and in the variables of the answer's too.
    if spans:
        shown["spans"] = [{**s, **{n: _reworded(s[n], told) for n in ("inputs", "outputs") if n in s}} for s in spans]
    if shown.get("template_variables"):
        shown["template_variables"] = _reworded(shown["template_variables"], told)
    return shown


def deliveries_for(rows: Sequence[Mapping[str, Any]], sees: bool) -> list[dict[str, Any]]:
    """Give what was delivered of a turn: why something was not has addresses in it, and is for who can mend that."""
    return [{**row, "error": row["error"] and (row["error"] if sees else "an admin sees why")} for row in rows]


def _span(span: Mapping[str, Any]) -> dict[str, Any]:
    attributes = span.get("attributes")
    kind = attributes.get(ERROR_TYPE) if isinstance(attributes, Mapping) else None
    shown = {**span, "error": _kept(span["error"], kind) if span.get("error") else span.get("error")}
    if isinstance(attributes, Mapping) and attributes.get(PROVIDER):
        shown["attributes"] = {**attributes, PROVIDER: _provider(attributes[PROVIDER])}
    if isinstance(span.get("outputs"), Mapping) and span["outputs"].get("offers"):
        shown["outputs"] = {**span["outputs"], "offers": []}
    return shown


def _provider(name: str) -> str:
    return name if name in _KNOWN_PROVIDERS else SOME_SERVER


def _reworded(value: Any, told: Mapping[str, str]) -> Any:
    """Give JSON with errors of a turn's steps in the words for its reader, wherever they stand in it."""
    if isinstance(value, str):
        for old, new in told.items():
            value = value.replace(old, new)
        return _ASIDE.sub("", value)
    if isinstance(value, Mapping):
        return {key: _reworded(inner, told) for key, inner in value.items()}
    return [_reworded(inner, told) for inner in value] if isinstance(value, list) else value


def _kept(text: str, kind: str | None) -> str:
    """Give an error as it was kept: its class by name, message and hint in one; a fault of ours says what it was."""
    if kind and not hasattr(errors, kind):
        return f"{FAULT} {LATER}"
    message, hint = _words(getattr(errors, kind) if kind else LecternError, text, "")
    return f"{message} {hint}" if hint else _without_remedies(text) or LATER


def _words(kind: type[LecternError], message: str, hint: str) -> tuple[str, str]:
    said = next((words for known, words in _SAID if issubclass(kind, known)), None)
    if said is not None:
        return said, LATER
    whom = TEAM if issubclass(kind, _THEIRS) else LATER
    return message, _without_remedies(hint) or (whom if hint else "")  # a message may repeat what somebody wrote


def _without_remedies(text: str) -> str:
    """Leave out the sentences that only who runs the server can follow.

    >>> _without_remedies("Shorten it. Or call `lectern ingest FILE`.")
    'Shorten it.'
    """
    return " ".join(s for s in _SENTENCES.split(text) if not _FOR_OPERATORS.search(s)).strip()
