"""What went wrong with a model's server: whether another try may help, and how to tell the user. Calls nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
import openai

from assistant.endpoint import Endpoint
from index_store import retries
from index_store.bounded import TooLong
from index_store.errors import (
    ModelDenied,
    ModelOverloaded,
    ModelProblem,
    ModelReplyBroken,
    ModelUnknown,
    ModelUnreachable,
)

_NO_SUCH_MODEL = re.compile(
    r"\b(?:invalid|unknown|no such) model\b|\bmodel\b.{0,80}\b(?:not found|does not exist|not exist)\b", re.IGNORECASE
)
_WITHOUT = "To answer without a language model (quotes only), unset {name}."


class CutOff(Exception):
    """The stream ended without saying why it ended."""


class EmptyReply(Exception):
    """The reply has no text, or only white space; the first argument is the reason it ended with."""


class NoStream(Exception):
    """The server sent something that is no stream of chunks; the first argument is its content type."""


Failure = (
    openai.OpenAIError | httpx.HTTPError | httpx.InvalidURL | OSError | ValueError | CutOff | EmptyReply | NoStream
)
FAILURES = (
    openai.OpenAIError,
    httpx.HTTPError,
    httpx.InvalidURL,
    OSError,  # TimeoutError, by our own deadline, is one
    ValueError,  # what is no JSON or no UTF-8 comes as it is out of the client's stream
    CutOff,
    EmptyReply,
    NoStream,
)


def wait_before_retry(failure: BaseException, attempt: int, first_wait_s: float) -> float | None:
    """Give the seconds to wait before a model is asked again; None when another try would not help."""
    return retries.wait_before_retry(failure, attempt, first_wait_s, _may_pass)


def _may_pass(failure: BaseException) -> bool:
    match failure:
        case openai.APIStatusError():
            lasting = failure.code == "insufficient_quota" or failure.status_code in (501, 505)
            return not lasting and (failure.status_code in (408, 425, 429) or failure.status_code >= 500)
        case openai.APITimeoutError():
            return False  # the user has waited that long once
        case openai.APIConnectionError():
            return not isinstance(failure.__cause__, httpx.ConnectError | httpx.UnsupportedProtocol)
        case openai.APIResponseValidationError():
            return False
        case openai.APIError() | CutOff() | httpx.ReadError() | httpx.RemoteProtocolError():
            return True
        case _:
            return False


def explain(failure: BaseException, endpoint: Endpoint, partial: str = "") -> ModelProblem:
    """Say in the user's words what went wrong, and what to do next.

    `partial` is what had been said: a reply that broke off after its first word is broken, whatever broke it.
    """
    if partial.strip():
        return ModelReplyBroken(
            f"The answer of {endpoint.model} broke off: {_reason(failure, endpoint)}.",
            hint="Ask again; `lectern doctor` tries the server.",
            partial=partial,
        )
    if isinstance(failure, openai.APIStatusError):
        return _explain_status(failure, endpoint)
    what = f"{endpoint.model} at {endpoint.shown}"
    match failure:
        case openai.APIConnectionError() | httpx.TimeoutException() | TimeoutError() | httpx.ConnectError():
            return ModelUnreachable(f"No answer from {what}: {_reason(failure, endpoint)}.", hint=_reach_hint(endpoint))
        case EmptyReply() if failure.args[0] == "length":
            limit = endpoint.settings.max_output_tokens
            return ModelReplyBroken(
                f"{what} used up its limit of {limit} tokens before its first word.",
                hint="Choose a model that reasons less before it answers, with LECTERN_MODEL.",
            )
        case EmptyReply():
            return ModelReplyBroken(
                f"{what} answered with nothing: {_reason(failure, endpoint)}.",
                hint="Ask again, or choose another model with LECTERN_MODEL.",
            )
        case _:
            return ModelReplyBroken(
                f"The answer of {what} cannot be used: {_reason(failure, endpoint)}.",
                hint=f"Ask again; `lectern doctor` tries the server. {_base_url_hint(endpoint)}".rstrip(),
            )


def _explain_status(failure: openai.APIStatusError, endpoint: Endpoint) -> ModelProblem:
    status, what = failure.status_code, f"{endpoint.model} at {endpoint.shown}"
    said = _said(failure, endpoint)
    if status in (401, 403, 407):
        return _denied(status, endpoint)
    if (status == 404 and names_the_model(failure)) or (status == 400 and calls_model_unknown(failure)):
        return ModelUnknown(
            f"{endpoint.shown} has no model {endpoint.model!r}.",
            hint="Set LECTERN_MODEL to one that it has; `lectern doctor` lists them.",
        )
    if status == 404:
        return ModelUnreachable(f"{endpoint.shown} has no chat completions (404).", hint=_base_url_hint(endpoint))
    if failure.code == "insufficient_quota":
        return ModelOverloaded(
            f"The quota of the key for {endpoint.shown} is used up.",
            hint=f"Look at plan and billing of the account. {_WITHOUT.format(name=_variable(endpoint))}",
        )
    if status in (408, 425, 429) or status >= 500:
        tries = endpoint.settings.max_retries + 1
        return ModelOverloaded(
            f"{what} is overloaded or out of order: {said} (tried up to {tries} times).",
            hint="Wait a minute and ask again; `lectern doctor` tries the server.",
        )
    if "context" in said.lower() and ("length" in said.lower() or "window" in said.lower()):
        return ModelProblem(
            f"The question with its passages is too long for {what}: {said}.",
            hint="Choose a model with a longer context with LECTERN_MODEL, or raise the server's context length.",
        )
    return ModelProblem(f"{what} refused the request: {said}.", hint="`lectern doctor` tries the server.")


def names_the_model(failure: openai.APIStatusError) -> bool:
    """Tell whether a 404 is about the model, and not about the address."""
    return failure.code == "model_not_found" or "model" in str(_error_message(failure)).lower()


def calls_model_unknown(failure: openai.APIStatusError) -> bool:
    """Tell whether a 400 says that there is no such model, as LiteLLM's proxy does."""
    return failure.code == "model_not_found" or bool(_NO_SUCH_MODEL.search(str(_error_message(failure))))


def _denied(status: int, endpoint: Endpoint) -> ModelDenied:
    if endpoint.settings.api_key is None:
        return ModelDenied(
            f"{endpoint.shown} wants a key, and none is set ({status}).",
            hint="Set OPENAI_API_KEY to this server's key.",
        )
    why = "refuses the key" if status == 401 else f"does not let the key use {endpoint.model}"
    return ModelDenied(
        f"{endpoint.shown} {why} ({status}).",
        hint=f"Set OPENAI_API_KEY to a key that is valid there. {_WITHOUT.format(name=_variable(endpoint))}",
    )


def _variable(endpoint: Endpoint) -> str:
    return "OPENAI_BASE_URL" if endpoint.settings.mode == "compatible" else "OPENAI_API_KEY"


def _reach_hint(endpoint: Endpoint) -> str:
    if endpoint.settings.mode == "compatible":
        return f"Start the server or correct OPENAI_BASE_URL. {_WITHOUT.format(name='OPENAI_BASE_URL')}"
    return f"Check the network; `lectern doctor` tries it. {_WITHOUT.format(name='OPENAI_API_KEY')}"


def _base_url_hint(endpoint: Endpoint) -> str:
    if endpoint.settings.mode != "compatible":
        return ""
    return "Check OPENAI_BASE_URL: for most servers it ends in /v1."


_REASONS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((httpx.ConnectTimeout,), "no connection within {connect_timeout_s:g} s"),
    ((httpx.TimeoutException,), "it fell silent for {request_timeout_s:g} s"),
    ((TimeoutError,), "it was not done within {deadline_s:g} s"),
    ((httpx.ConnectError,), "the connection was refused, or the address is not known"),
    ((CutOff, httpx.RemoteProtocolError, httpx.ReadError), "the connection was cut before the end"),
    ((EmptyReply,), "an empty reply, ended with {ended!r}"),
    ((TooLong,), "it is longer than {ended}"),
    ((NoStream,), "it is no stream of chunks but {ended!r}"),
)


def _reason(failure: BaseException, endpoint: Endpoint) -> str:
    cause = failure.__cause__ if isinstance(failure, openai.APIConnectionError) and failure.__cause__ else failure
    if isinstance(cause, openai.APIError):
        return _said(cause, endpoint)
    settings = endpoint.settings
    for kinds, text in _REASONS:
        if isinstance(cause, kinds):
            return text.format(
                connect_timeout_s=settings.connect_timeout_s,
                request_timeout_s=settings.request_timeout_s,
                deadline_s=settings.deadline_s,
                ended=cause.args[0] if cause.args else "",
            )
    return "it is not what a server of this kind sends"


def _said(failure: openai.APIError, endpoint: Endpoint) -> str:
    """Quote the server in one short line, never with the key in it."""
    text = " ".join(str(_error_message(failure)).split())
    if endpoint.settings.api_key is not None:
        text = text.replace(endpoint.settings.api_key.get_secret_value(), "***")
    status = f"{failure.status_code}" if isinstance(failure, openai.APIStatusError) else ""
    quoted = f'"{text[:200]}{"..." if len(text) > 200 else ""}"' if text and not text.startswith("<") else ""
    return " ".join(part for part in (status, quoted.rstrip(".")) if part) or "an error without a message"


def _error_message(failure: openai.APIError) -> object:
    body = failure.body
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            return inner.get("message") or inner.get("detail") or ""
        return inner
    return body if isinstance(body, str) else failure.message
