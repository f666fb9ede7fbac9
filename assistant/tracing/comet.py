"""Delivers traces to Comet with comet_llm, in the worker alone. A chain is what comet_llm calls a trace.

comet_llm's own calls are not used: they keep one chain for each thread, wait for ever, and print what goes wrong. Its
values are (`Chain`, `Span`), for their shape, and its client, over a session of ours. The trace's id is the chain's, so
that what is sent twice is there once. A chain that has been logged cannot be changed: of votes, the latest counts; one
that is taken back stays there as it was, and comments are not sent, for Comet takes 0 or 1 alone.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import requests

from assistant.tracing.content import (
    inputs_of,
    metadata_of,
    outputs_of,
    scores_of,
    step_metadata_of,
    tags_of,
    title_of,
)
from assistant.tracing.sending import Judge, TimedSession, address_of, address_within, body_of, key_of, shown, words_of
from assistant.tracing.settings import TraceSettings
from index_store.errors import DeliveryProblem, SinkDenied, SinkRefused, SinkUnavailable

CHECK = "COMET_API_KEY, COMET_WORKSPACE and COMET_URL_OVERRIDE"
FIRST_BACKEND = "3.25.80"
"""The first version of Comet's server that takes a whole chain in one request (comet_llm's V2_BACKEND_VERSION)."""
ALREADY_THERE = 90999
"""Comet's error code for an experiment whose key is taken (comet_ml's EXPERIMENT_ALREADY_EXISTS)."""
KEY_CODES = frozenset({90212, 90219})
"""Comet's error codes for a key and for a workspace that do not exist, under HTTP 400 (in comet_ml's exceptions.py)."""
LONGEST_PARAMETER = 1_000
"""Characters; parameters are for Comet's table and its search, the whole value is in the chain's metadata."""
CATEGORIES = {"model": "llm-call", "retrieve": "retrieval"}
"""What Comet is told of a kind of span; the others keep their name, as "tool". "llm-call" is log_prompt's own word."""


class CometSink:
    """Sends to Comet; for one thread at a time."""

    name = "comet"

    def __init__(self, settings: TraceSettings, *, timeout_s: float = 10.0) -> None:
        self._settings = settings
        self._judge = Judge("Comet", CHECK, "")
        self._url = ""
        self._session = TimedSession(timeout_s)
        self._client: Any = None

    def send_trace(self, record: dict[str, Any]) -> None:
        """Send a trace, with all of its spans, under its own id.

        Raises:
            SinkDenied, SinkRefused, SinkUnavailable: when Comet did not take it.
        """
        client = self._connected()
        asset, chain = asset_of(record)
        took = asset["chain_duration"]
        try:
            client.log_chain(
                experiment_key=record["id"],
                chain_asset=asset,
                workspace=self._settings.comet_workspace or None,
                project=self._settings.comet_project or _default_project(),
                parameters=parameters_of(asset["metadata"]),
                metrics={**scores_of(record), **({} if took is None else {"chain_duration": took})} or None,
                tags=chain.tags,
                others=chain.others,
            )
        except requests.RequestException as exc:
            raise self._problem(exc) from exc
        except Exception as exc:  # its own, and what it stumbles over in an answer: judged by the answer
            if self._session.answer is None:
                raise
            self._check(record["id"], exc)
        else:
            self._check(record["id"], None)

    def send_feedback(self, item: dict[str, Any]) -> None:
        """Send a vote on a trace that was sent before, as Comet's `user_feedback`: 1 or 0.

        Raises:
            SinkDenied, SinkRefused, SinkUnavailable: when Comet did not take it.
        """
        if item["vote"] is None:
            return
        client = self._connected()
        try:
            client.log_experiment_metric(item["trace_id"], "user_feedback", int(item["vote"] == "up"))
        except requests.RequestException as exc:
            raise self._problem(exc) from exc

    def close(self) -> None:
        """Close connections."""
        self._client = None
        self._session.close()

    def abandon(self) -> None:
        """Cut a request that is under way, from another thread: it counts as one that got no answer."""
        self._session.abandon()

    def _connected(self) -> Any:
        """Give comet_llm's client, made with the first item: the import takes seconds, and making it asks the server.

        Raises:
            SinkDenied, SinkUnavailable: when there is no Comet, or none that takes a whole chain.
        """
        if self._client is not None:
            return self._client
        key = key_of(self._settings.comet_api_key, "COMET_API_KEY")
        self._judge = Judge("Comet", CHECK, key)
        library = load_comet_llm()
        chosen = self._settings.comet_url or address_within(key) or library.config.DEFAULT_COMET_BASE_URL
        self._url = library.url_helpers.get_root_url(address_of(chosen, "COMET_URL_OVERRIDE"))
        nobody = SinkUnavailable(f"There is no Comet at {shown(self._url)}.", hint=f"Check {CHECK}.")
        try:
            made = library.experiment_api.comet_api_client.CometAPIClient(key, self._url, self._session)
            too_old = not made.backend_version >= FIRST_BACKEND
        except requests.RequestException as exc:
            problem = self._problem(exc)
            raise (nobody if isinstance(problem, SinkRefused) else problem) from exc
        except (LookupError, TypeError, ValueError, AttributeError) as exc:
            raise nobody from exc
        if too_old:
            raise SinkUnavailable(
                f"Comet's server at {shown(self._url)} is too old: it takes no whole chain.",
                hint=f"Update it to {FIRST_BACKEND} or later.",
            )
        self._client = made
        return made

    def _check(self, trace_id: str, failure: Exception | None) -> None:
        """Read the answer, which has a status for each item: one can fail under HTTP 200.

        Raises:
            SinkDenied, SinkRefused, SinkUnavailable: when the item failed.
        """
        answer = body_of(self._session.answer)
        item = answer.get(trace_id) if isinstance(answer, dict) else None
        status = item.get("status") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(status, int):
            raise self._judge.garbage(self._url) from failure
        content = item.get("content")
        if status == 200 or _code_of(content) == ALREADY_THERE:  # taken before, by a try that was not answered
            return
        status = 401 if _code_of(content) in KEY_CODES else status
        said = content if words_of(content) or failure is None else str(failure)
        problem = self._judge.of_status(status, said)
        if isinstance(problem, SinkUnavailable) and status < 400:  # a word that we do not know, said of this item
            problem = SinkRefused(problem.message)
        raise problem from failure

    def _problem(self, failure: requests.RequestException) -> DeliveryProblem:
        body = body_of(failure.response)
        if _code_of(body) in KEY_CODES:
            return self._judge.of_status(401, body)
        return self._judge.of_failure(failure, self._url)


def load_comet_llm() -> Any:
    """Import comet_llm so that it touches nothing: it would patch OpenAI's client, and upload what that answers.

    Raises:
        SinkDenied: when it cannot be imported.
    """
    os.environ["COMET_DISABLE_AUTO_LOGGING"] = "1"
    os.environ["COMET_ERROR_TRACKING_ENABLE"] = "0"
    try:
        import comet_llm.experiment_api.comet_api_client
    except Exception as exc:  # whatever two libraries that do not fit each other make of it
        raise SinkDenied(
            f"Comet's library cannot be imported: {type(exc).__name__}: {exc}.",
            hint="Run: pip install comet-llm==2.2.7 comet-ml==3.49.0",
        ) from exc
    logger = logging.getLogger("comet_llm")
    for handler in list(logger.handlers):  # it prints to stdout, at DEBUG whole payloads
        logger.removeHandler(handler)
    return comet_llm


def asset_of(record: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Give a trace as the asset of a chain, and the chain itself, which has the tags and the others.

    The values are comet_llm's; what they take from the clock, from the thread and from a counter is put in its place:
    our own times and parents, and numbers that are the same each time the trace is sent. `parent_ids` are the numbers
    of all spans above, the outermost first, as comet_llm's stack of open spans (`chains/context.py`) has them.
    """
    from comet_llm.chains import chain, span

    others = {"Name": title_of(record), "conversation_id": record["conversation_id"], "Created from": "lectern"}
    made = chain.Chain(inputs_of(record), metadata_of(record), None, tags_of(record), others)
    made.set_outputs(outputs_of(record))
    steps = record["spans"]
    numbers = {step["id"]: number for number, step in enumerate(steps, start=1)}
    parents = {step["id"]: step["parent_id"] for step in steps}
    nodes = []
    for step in steps:
        category = CATEGORIES.get(step["kind"], step["kind"])
        node = span.Span(step["inputs"], category, step["name"], step_metadata_of(step))
        node.set_outputs(step["outputs"])
        above = [numbers[own] for own in _above(step["id"], parents)]
        nodes.append({**node.as_dict(), "id": numbers[step["id"]], "parent_ids": above, **_times(step, "duration")})
    return {**made.as_dict(), "chain_nodes": nodes, **_times(record, "chain_duration")}, made


def parameters_of(metadata: Mapping[str, Any]) -> dict[str, str | int | float]:
    """Give the metadata that Comet's table and search go by: with dotted names as comet_llm makes them, and short."""
    from comet_llm import convert

    flat: dict[str, Any] = convert.chain_metadata_to_flat_parameters(dict(metadata))
    return {n: v for n, v in flat.items() if isinstance(v, int | float | str) and len(str(v)) <= LONGEST_PARAMETER}


def _default_project() -> str:
    from comet_llm.experiment_info import DEFAULT_PROJECT_NAME

    return str(DEFAULT_PROJECT_NAME)


def _code_of(body: Any) -> Any:
    return body.get("sdk_error_code") if isinstance(body, dict) else None


def _times(timed: Mapping[str, Any], duration: str) -> dict[str, int | None]:
    """Give times as Comet takes them: whole milliseconds since 1970; a clock that was put back makes no duration < 0.

    >>> _times({"started_at": 1.0006, "ended_at": 1.5}, "duration")
    {'start_timestamp': 1000, 'end_timestamp': 1500, 'duration': 500}
    """
    began, ended = int(timed["started_at"] * 1000), timed["ended_at"]
    over = None if ended is None else max(began, int(ended * 1000))
    return {"start_timestamp": began, "end_timestamp": over, duration: None if over is None else over - began}


def _above(own: str, parents: Mapping[str, str | None]) -> list[str]:
    above: list[str] = []
    parent = parents[own]
    while parent is not None and parent in parents and parent not in (own, *above):
        above.insert(0, parent)
        parent = parents[parent]
    return above
