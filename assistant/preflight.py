"""Tries a model's server before anybody waits for it: can it be reached, may we in, does it have the model."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from assistant.endpoint import Endpoint, run_apart
from assistant.settings import AssistantSettings
from index_store.errors import ModelProblem, ModelUnknown, SettingsError

SILENCE_S = 5.0
"""Seconds: a server that lists its models does so at once."""
LOADING_S = 60.0
"""Seconds: a local server may first load the model that one token is asked of."""
_THOUGHT = "output limit was reached"
"""What a server says whose model reasons before it answers, and has used its one token for that: it works."""
SHOWN = 12
"""How many model names a hint lists."""


async def try_endpoint(endpoint: Endpoint, *, asks: bool = True) -> list[str]:
    """Ask for the list of models, and for one token where it `asks`; give the names listed.

    Some servers have no such list, and some take any name: so a name that is not listed is an error only when the
    server also refuses to use it. And some list a model that they cannot run, which only the token shows.

    Raises:
        ModelProblem: naming the reason and the next step.
    """
    names = await _listed(endpoint)
    if not asks:
        return names or []
    try:
        await _one_token(endpoint)
    except ModelUnknown as exc:
        if not names or endpoint.model in _with_short_forms(names):
            raise
        raise ModelUnknown(exc.message, hint=f"Set LECTERN_MODEL to one that it has: {_shortened(names)}.") from exc
    return names or []


def served_models(settings: AssistantSettings) -> list[str]:
    """Give the names of the models that a server lists; empty when it has no such list.

    Raises:
        ModelProblem: when the server cannot be reached or refuses.
    """
    return run_apart(_listed(Endpoint(settings, settings.model or "any model"))) or []


def only_model(settings: AssistantSettings) -> str:
    """Give the one model that a server has.

    Raises:
        SettingsError: when there are several or none, naming them.
        ModelProblem: when the server cannot be reached or refuses.
    """
    names = served_models(settings)
    if len(names) == 1:
        return names[0]
    if not names:
        raise SettingsError(f"{settings.server} lists no models.", hint="Set LECTERN_MODEL to the name of its model.")
    raise SettingsError(
        f"{settings.server} has {len(names)} models, and none is chosen.",
        hint=f"Set LECTERN_MODEL to one of them: {_shortened(names)}.",
    )


async def _listed(endpoint: Endpoint) -> list[str] | None:
    """Give the names that the server lists, None when it has no usable list."""
    import openai

    from assistant.llm_errors import FAILURES, explain

    settings = replace(
        endpoint.settings, request_timeout_s=min(SILENCE_S, endpoint.settings.request_timeout_s), deadline_s=SILENCE_S
    )
    endpoint = replace(endpoint, settings=settings)
    try:
        async with endpoint.client() as client, asyncio.timeout(SILENCE_S):
            listed = (await client.models.with_raw_response.list()).http_response.json()
    except (openai.NotFoundError, openai.APIResponseValidationError, ValueError):
        return None
    except openai.APIStatusError as exc:
        if exc.status_code in (405, 501):
            return None
        raise explain(exc, endpoint) from exc
    except FAILURES as exc:
        raise explain(exc, endpoint) from exc
    return _names(listed)


def _names(listed: Any) -> list[str] | None:
    entries = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(entries, list):
        return None
    return sorted(str(entry["id"]) for entry in entries if isinstance(entry, dict) and entry.get("id"))


async def _one_token(endpoint: Endpoint) -> None:
    from assistant.chat_calls import ChatCall, Dialect
    from index_store.errors import ModelReplyBroken

    settings = replace(
        endpoint.settings, max_retries=0, request_timeout_s=min(LOADING_S, endpoint.settings.request_timeout_s)
    )
    request = {"model": endpoint.model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    call = ChatCall(Endpoint(settings, endpoint.model), Dialect(), request)
    try:
        async for _ in call.pieces():
            pass
    except ModelReplyBroken:
        if call.call is None or call.call.finish is None:
            raise  # else it answered; that one token was not enough for a word is as expected
    except ModelProblem as exc:
        if _THOUGHT not in exc.message:
            raise


def _with_short_forms(names: list[str]) -> set[str]:
    """Add the names that mean the same: `llama3.2` is `llama3.2:latest` for Ollama."""
    return {*names, *(name.removesuffix(":latest") for name in names)}


def _shortened(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
