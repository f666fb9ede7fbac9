"""`/v1`: the library as an OpenAI-compatible server, so that what speaks to OpenAI can ask the course."""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from assistant.accounts.people import Action, Person, authorize
from assistant.events import Answer, Event, Refusal, Token, ToolStep, TurnStarted
from assistant.usage import metered
from index_store.errors import LecternError
from ui import openai_models as models
from ui.api_entrance import MaySearch, person_of
from ui.api_errors import openai_problem, reply, status_of
from ui.api_turns import ApiTurns, RunningTurn, unless_gone
from ui.disclosure import FAULT, error_for, sees_setup
from ui.openai_models import Asked, ChatRequest, EmbeddingRequest, Unsupported
from ui.openai_replies import DONE, Pieces, completion, sse, told, told_tags
from ui.parts import Parts

SILENT_FOR_S = 15.0
"""Seconds after which a stream says that it is still there: proxies cut what is silent for long."""
log = logging.getLogger(__name__)

ABOUT = {
    models.AUTO: ("answers from the course, with tools where it has nothing", Action.ASK),
    models.AGENT: ("answers with tools", Action.ASK),
    models.TAGGER: ("gives the names of models in an abstract, as a JSON list", Action.TAG),
    models.EMBEDDING: ("embeds texts as the library is embedded", Action.SEARCH),
}


class OpenAIRoutes:
    """What the addresses of `/v1` give."""

    def __init__(self, parts: Parts, turns: ApiTurns) -> None:
        self._parts = parts
        self._turns = turns
        self._since = int(time.time())

    def listed(self, request: Request) -> Response:
        """List the models that the key may use."""
        who = person_of(request)
        listed = [self._model(name, who) for name, (_, action) in ABOUT.items() if who.may(action)]
        if not listed:
            authorize(who, Action.ASK)
        return reply({"object": "list", "data": listed})

    def one(self, model: str, request: Request) -> Response:
        """Say what a model does."""
        if model not in ABOUT:
            raise models.no_model(model, tuple(ABOUT))
        who = authorize(person_of(request), ABOUT[model][1])
        return reply(self._model(model, who))

    async def chat(self, body: ChatRequest, request: Request) -> Response:
        """Answer a question; with `stream` piece by piece."""
        asked = models.asked(body)
        who = authorize(person_of(request), ABOUT[body.model][1])
        if body.model == models.TAGGER:
            return await self._tagged(body, asked, request, who)
        turn = self._turns.ask(who, asked.question, asked.history, models.WAYS[body.model])
        if not body.stream:
            events = await unless_gone(request, turn.whole())
            said = told(events, self._turns.mode(who), asked.ignored)
            return reply(completion(said, body.model, int(time.time())))
        # Until there is something to say a failure still gets its own status.
        first = await unless_gone(request, _first_words(turn))
        if not isinstance(first[-1], Token | ToolStep | Answer | Refusal):
            told(first, self._turns.mode(who), asked.ignored)
        return _streamed(self._pieces(turn, first, body, asked, who))

    async def embeddings(self, body: EmbeddingRequest, request: Request, who: MaySearch) -> Response:
        """Embed texts with the library's model; a text that it could not read whole is refused."""
        embedder = self._parts.library.embedder
        if body.model not in (models.EMBEDDING, embedder.name):
            raise models.no_model(body.model, (models.EMBEDDING,))
        texts = models.texts_of(body)
        counts = await run_in_threadpool(self._counted, texts, body.dimensions)
        with metered() as meter:
            vectors = await unless_gone(request, self._turns.embed(who, texts))
        local = self._parts.library.environment.store.embedding_kind == "minilm"
        tokens = sum(counts) if local else meter.usage().embedding_tokens  # MiniLM's count is exact, another's a guess
        as_text = body.encoding_format == "base64"
        data = [
            {"object": "embedding", "index": n, "embedding": _base64(vector) if as_text else vector.tolist()}
            for n, vector in enumerate(vectors)
        ]
        usage = {} if tokens is None else {"usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
        return reply({"object": "list", "model": body.model, "data": data, **usage})

    def _counted(self, texts: Sequence[str], dimension: int | None) -> list[int]:
        """Give the tokens of each text.

        Raises:
            InvalidInput: one is longer than what the model reads, or the vectors have another dimension.
        """
        embedder = self._parts.library.embedder
        if dimension not in (None, embedder.dimension):
            raise Unsupported(f"The vectors have {embedder.dimension} numbers, no other count.", "dimensions")
        counts = [embedder.count_tokens(text) + 2 for text in texts]  # and what stands for the beginning and the end
        for n, count in enumerate(counts):
            if count > embedder.max_tokens:
                long = f"input[{n}] has {count:,} tokens; the library's model reads {embedder.max_tokens:,}."
                raise Unsupported(long, "input")
        return counts

    async def _tagged(self, body: ChatRequest, asked: Asked, request: Request, who: Person) -> Response:
        found = await unless_gone(request, self._turns.tag(who, asked.question))
        said = told_tags(found, self._turns.mode(who), asked.ignored)
        if not body.stream:
            return reply(completion(said, body.model, int(time.time())))
        pieces = _new_pieces(body, found.trace_id)

        async def whole() -> AsyncIterator[str]:
            yield pieces.begin() + pieces.end(said)

        return _streamed(whole())

    async def _pieces(
        self, turn: RunningTurn, first: list[Event], body: ChatRequest, asked: Asked, who: Person
    ) -> AsyncIterator[str]:
        """Give the pieces of a stream; whoever stops reading ends the turn."""
        begun = next(event for event in first if isinstance(event, TurnStarted))
        pieces = _new_pieces(body, begun.trace_id)
        try:
            yield pieces.begin() + "".join(pieces.take(event) for event in first)
            while not isinstance(pieces.events[-1], Answer | Refusal):
                try:
                    event = await asyncio.wait_for(turn.next(), SILENT_FOR_S)
                except TimeoutError:
                    yield ": still at work\n\n"
                    continue
                if event is None:
                    break
                if sent := pieces.take(event):
                    yield sent
            yield pieces.end(told(pieces.events, self._turns.mode(who), asked.ignored))
        except Exception as exc:  # the status has been sent: what is left is to say it on the stream
            yield _last_words(exc, sees_setup(who))
        finally:
            turn.stop()

    def _model(self, name: str, who: Person) -> dict[str, Any]:
        does = {"does": ABOUT[name][0], "mode": self._turns.mode(who)}
        if name == models.EMBEDDING:
            does["mode"] = self._parts.library.embedder.name
        return {"id": name, "object": "model", "created": self._since, "owned_by": "lectern", "lectern": does}


def _new_pieces(body: ChatRequest, trace_id: str) -> Pieces:
    with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    return Pieces(trace_id, body.model, int(time.time()), with_usage)


async def _first_words(turn: RunningTurn) -> list[Event]:
    """Give the events up to the first that there is something to say of."""
    found: list[Event] = []
    try:
        while (event := await turn.next()) is not None:
            found.append(event)
            if isinstance(event, Token | ToolStep | Answer | Refusal):
                break
    except BaseException:
        turn.stop()
        raise
    return found


def _last_words(exc: Exception, sees: bool) -> str:
    if isinstance(exc, LecternError):
        return sse(openai_problem(status_of(exc), error_for(exc, sees), None)) + DONE
    log.error("A stream ended in an error of ours", exc_info=exc)
    return sse(openai_problem(500, LecternError(FAULT), None)) + DONE


def _streamed(pieces: AsyncIterator[str]) -> StreamingResponse:
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}  # nginx would hold the pieces back
    return StreamingResponse(pieces, media_type="text/event-stream", headers=headers)


def _base64(vector: NDArray[np.float32]) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def openai_router(parts: Parts, turns: ApiTurns) -> APIRouter:
    """Give the routes of `/v1`, without that prefix."""
    router, routes = APIRouter(tags=["OpenAI"]), OpenAIRoutes(parts, turns)
    router.add_api_route("/models", routes.listed, response_model=models.ServedModels)
    router.add_api_route("/models/{model}", routes.one, response_model=models.ServedModel)
    router.add_api_route("/chat/completions", routes.chat, methods=["POST"], response_model=models.ChatReply)
    router.add_api_route("/embeddings", routes.embeddings, methods=["POST"], response_model=models.Embeddings)
    return router
