"""Tells programs what went wrong: a status, and a body in the shape that the caller's protocol has for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from index_store import errors
from index_store.errors import LecternError
from ui.batch import Row, dump
from ui.disclosure import FAULT, error_for, sees_setup
from ui.full_disk import no_room
from ui.rows import TurnFailed

Said = Callable[[int, LecternError, str | None], Row]
"""Gives the body for a status, an error and the parameter that it is about."""

_STATUSES: Sequence[tuple[type[LecternError], int]] = (
    (errors.InvalidInput, 400),
    (errors.NotSignedIn, 401),
    (errors.SignInRefused, 401),
    (errors.NotAllowed, 403),
    (errors.LimitReached, 429),
    (errors.TraceUnknown, 404),
    (errors.ConversationUnknown, 404),
    (errors.SourceMissing, 404),
    (errors.FetchFailed, 502),
    (errors.SourceProblem, 400),
    (errors.IndexEmpty, 503),
    (errors.IndexLocked, 409),
    (errors.ModelUnreachable, 503),
    (errors.ModelOverloaded, 503),
    (errors.ModelProblem, 502),
    (errors.EmbeddingServerFailed, 502),
    (errors.TracesUnavailable, 503),
    (errors.ServerStopping, 503),
    (errors.DiskFull, 507),
)
"""Of the classes that fit an error the first; what is not here is a fault of the server's setup: 500."""
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_OPENAI_CODES = {401: "invalid_api_key", 404: "not_found", 429: "rate_limit_exceeded"}


class ModelNotServed(LecternError):
    """A program asked for a model that is none of ours."""


class NotServed(LecternError):
    """What HTTP itself refuses: no such address, another method, a body that is too large."""


def status_of(error: LecternError) -> int:
    """Give the HTTP status that fits an error.

    >>> status_of(errors.IndexEmpty()), status_of(errors.SettingsError("x"))
    (503, 500)
    """
    if isinstance(error, errors.SignInRefused) and error.retry_after_s is not None:
        return 429
    if isinstance(error, ModelNotServed):
        return 404
    return next((status for known, status in _STATUSES if issubclass(_kind(error), known)), 500)


def problem(status: int, error: LecternError, param: str | None) -> Row:
    """Give the body of a problem as `/api` gives it."""
    kind = error.kind if isinstance(error, TurnFailed) and error.kind else type(error).__name__
    return {"error": {"message": error.message, "hint": error.hint, "type": kind}}


def openai_problem(status: int, error: LecternError, param: str | None) -> Row:
    """Give the body of a problem in OpenAI's shape."""
    kind = _OPENAI_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    code = "model_not_found" if isinstance(error, ModelNotServed) else _OPENAI_CODES.get(status)
    return {"error": {"message": str(error), "type": kind, "param": param, "code": code}}


def refusal(
    said: Said, error: LecternError, status: int | None = None, param: str | None = None, *, sees_setup: bool = False
) -> Response:
    """Give the whole answer to a request that could not be done, in the words that are for whoever asked."""
    status = status_of(error) if status is None else status
    error = error_for(error, sees_setup)
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    wait = getattr(error, "retry_after_s", getattr(_kind(error), "retry_after_s", None))
    if wait is not None:
        headers["retry-after"] = str(max(1, math.ceil(wait)))
    if isinstance(error, TurnFailed):
        headers["x-should-retry"] = "false"  # OpenAI's client would ask twice more, and so take three turns
    return reply(said(status, error, param), status, headers)


def reply(row: Row, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Give a row as JSON, whatever characters are in it."""
    return Response(dump(row), status, headers, "application/json")


def tell_errors(app: FastAPI, said: Said, invalid: int) -> None:
    """Let an app tell its errors in a shape; `invalid` is the status of a body that is not as described."""

    async def ours(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, LecternError)
        return refusal(said, exc, param=getattr(exc, "param", None), sees_setup=_sees(request))

    async def not_as_described(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, RequestValidationError)
        where, message = first_fault(exc.errors())
        hint = "See /api/openapi.json for what is taken."
        return refusal(said, errors.InvalidInput(message, hint=hint), invalid, where)

    async def by_http(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)
        answer = refusal(said, NotServed(_in_words(exc, request)), exc.status_code)
        answer.headers.update(exc.headers or {})
        return answer

    async def on_disk(request: Request, exc: Exception) -> Response:
        told = no_room(exc) if isinstance(exc, OSError) else None
        if told is None:
            raise exc
        return refusal(said, told, sees_setup=_sees(request))

    async def fault(request: Request, exc: Exception) -> Response:
        told = LecternError(FAULT, hint="Try again; the log of the server says what it was.")
        return refusal(said, told, 500, sees_setup=_sees(request))

    app.add_exception_handler(LecternError, ours)
    app.add_exception_handler(RequestValidationError, not_as_described)
    app.add_exception_handler(HTTPException, by_http)
    app.add_exception_handler(OSError, on_disk)
    app.add_exception_handler(Exception, fault)


def first_fault(faults: Sequence[Any]) -> tuple[str | None, str]:
    """Give the place of the first fault of a body, as `messages[0].content`, and what is wrong there in words.

    >>> first_fault([{"loc": ("body", "messages", 0, "role"), "msg": "Field required", "type": "missing"}])
    ('messages[0].role', 'messages[0].role is missing.')
    """
    fault = faults[0]
    if fault["type"] == "json_invalid":
        return None, "The body is no JSON."
    if fault["loc"] == ("body",):
        return None, "The body is no JSON object, or not said to be one: send it with Content-Type: application/json."
    where = ""
    for step in fault["loc"][1:]:
        where += f"[{step}]" if isinstance(step, int) else f".{step}" if where else str(step)
    if fault["type"] == "missing" and where:
        return where, f"{where} is missing."
    told = f"{fault['msg'].rstrip('.')}."
    return where or None, f"{where}: {told}" if where else told


def _kind(error: LecternError) -> type[LecternError]:
    """Give the class of an error, of a turn's that of its cause."""
    kind: type[LecternError] = type(error)
    return getattr(errors, error.kind, kind) if isinstance(error, TurnFailed) else kind


def _sees(request: Request) -> bool:
    return sees_setup(getattr(request.state, "person", None))


def _in_words(exc: HTTPException, request: Request) -> str:
    path = request.url.path
    words = {404: f"There is nothing at {path}.", 405: f"{request.method} is not what {path} takes."}
    return words.get(exc.status_code, str(exc.detail))
