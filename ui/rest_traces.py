"""`/api/traces`: one's own turns to list, take along, judge and delete; for reviewers those of all, and their reviews.

Another's turn is answered as one that is not there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from assistant.accounts.people import Action, Person, authorize
from assistant.tag_corrections import check_in_abstract, checked_names
from assistant.tracing.export import csv_rows, to_jsonl, to_openinference
from assistant.tracing.queries import Filter, TraceReader
from assistant.tracing.records import Feedback, Review, Status
from index_store.errors import ConversationUnknown, InvalidInput, TraceUnknown
from ui import api_models as models
from ui import api_requests as requests
from ui.api_entrance import MayReview, MaySeeOwn, person_of
from ui.api_errors import reply
from ui.batch import Row, dump
from ui.disclosure import record_for, sees_setup
from ui.parts import Parts

Scope = Annotated[Literal["own", "all"], Query(description="`all` is for reviewers.")]
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Format = Literal["jsonl", "csv", "openinference"]
OURS = frozenset({"owner", "search_text", "sent_characters", "said_characters"})
"""Columns that say nothing of the turn."""
_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "openinference": "application/x-ndjson"}


class TraceRoutes:
    """What the addresses of traces give."""

    def __init__(self, parts: Parts) -> None:
        self._store = parts.library.traces
        self._reader = TraceReader(self._store.engine)
        self._book = parts.book

    def listed(
        self,
        request: Request,
        scope: Scope = "own",
        status: Annotated[Status | None, Query()] = None,
        vote: Annotated[Literal["up", "down"] | None, Query()] = None,
        text: Annotated[str | None, Query(max_length=200, description="Stands in question or answer.")] = None,
        since: Annotated[float | None, Query(description="Seconds since 1970.")] = None,
        before: Annotated[float | None, Query()] = None,
        reviewed: Annotated[bool | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> Response:
        """List turns, the newest first."""
        wanted = Filter(since=since, before=before, status=status, vote=vote, text=text, reviewed=reviewed)
        wanted = _within(scope, person_of(request), wanted)
        rows = [{k: v for k, v in row.items() if k != "left_out"} for row in self._reader.find(wanted, limit, offset)]
        return reply({"traces": rows, "total": self._reader.count(wanted)})

    def export(self, request: Request, format: Format = "jsonl", scope: Scope = "own") -> Response:
        """Take turns along, the oldest first: as JSON lines, as a table, or as OpenInference spans."""
        who = person_of(request)
        shown = (as_seen_by(who, record) for record in self._reader.each(_within(scope, who, Filter())))
        name = "traces.csv" if format == "csv" else "traces.jsonl"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_lines(format, shown), media_type=_TYPES[format], headers=headers)

    def one(self, trace_id: Id, request: Request) -> Response:
        """Give a turn whole."""
        who = person_of(request)
        return reply(as_seen_by(who, self._seen(trace_id, who)))

    def delete(self, trace_id: Id, who: MaySeeOwn) -> Response:
        """Delete a turn of one's own for good, with all that hangs on it."""
        self._own(trace_id, who)
        deleted, delivered = self._store.forget(trace=trace_id)
        return reply({"deleted": deleted, "delivered": delivered})

    def vote(self, trace_id: Id, body: requests.Vote, who: MaySeeOwn) -> Response:
        """Say whether an answer to oneself was good."""
        self._own(trace_id, who)
        said = Feedback(trace_id, body.vote, time.time(), body.comment, who.id, body.reason)
        self._store.give_feedback(said)
        return reply({"trace_id": trace_id})

    def review(self, trace_id: Id, body: requests.Judgement, who: MayReview) -> Response:
        """Keep what a reviewer found."""
        if not any(body.model_dump().values()):
            raise InvalidInput("There is nothing to keep.", hint="Give a verdict, a correction or a comment.")
        trace = self._seen(trace_id, who)
        names = checked_names(body.corrected_tags) if body.corrected_tags else None
        if names is not None:
            check_in_abstract(names, trace["question"])
        review = Review(
            trace_id=trace["id"],
            reviewer=who.name or who.id,
            created_at=time.time(),
            verdict=body.verdict,
            corrected_answer=body.corrected_answer,
            corrected_sources=tuple(body.corrected_sources) if body.corrected_sources else None,
            corrected_tags=names,
            comment=body.comment,
            assignee=body.assignee,
        )
        self._store.add_review(review)
        return reply({"trace_id": trace_id})

    def _seen(self, trace_id: str, who: Person) -> Row:
        if not who.may(Action.REVIEW):
            return self._own(trace_id, authorize(who, Action.OWN))
        return self._whole(trace_id)

    def _own(self, trace_id: str, who: Person) -> Row:
        try:
            return self._book.turn(trace_id, who.id)
        except (ConversationUnknown, TraceUnknown) as exc:  # one answer for both: nobody learns what there is
            raise no_turn() from exc

    def _whole(self, trace_id: str) -> Row:
        try:
            return self._reader.get(trace_id)
        except TraceUnknown as exc:  # said in the words that another's is answered with
            raise no_turn() from exc


def as_seen_by(who: Person, record: Mapping[str, Any]) -> Row:
    """Give a turn without what is the server's own, and to whom it is not for without what reviewers said of it."""
    shown = {k: v for k, v in record_for(record, sees_setup(who)).items() if k not in OURS}
    return shown if who.may(Action.REVIEW) else {**shown, "reviews": []}


def no_turn() -> TraceUnknown:
    """Give the one error for a turn that is not there and for one of somebody else."""
    return TraceUnknown("There is no such turn of yours.", hint="See: GET /api/traces")


def _within(scope: str, who: Person, wanted: Filter) -> Filter:
    """Narrow a filter to what somebody may see.

    Raises:
        NotAllowed: they asked for more.
    """
    if scope == "all":
        authorize(who, Action.REVIEW)
        return wanted
    authorize(who, Action.OWN)
    return replace(wanted, user=who.id)


def _lines(kind: Format, records: Iterator[dict[str, Any]]) -> Iterator[str]:
    if kind == "csv":
        yield from csv_rows(records)
        return
    for record in records:
        if kind == "jsonl":
            yield to_jsonl(record).encode("utf-8", "replace").decode()
        else:
            yield "".join(f"{dump(span)}\n" for span in to_openinference(record))


def traces_router(parts: Parts) -> APIRouter:
    """Give the routes, without the prefix `/api`."""
    router, routes = APIRouter(tags=["Traces"], prefix="/traces"), TraceRoutes(parts)
    router.add_api_route("", routes.listed, response_model=models.Traces)
    router.add_api_route("/export", routes.export, response_class=StreamingResponse, responses={200: _EXPORTED})
    router.add_api_route("/{trace_id}", routes.one, response_model=models.TraceWhole)
    router.add_api_route("/{trace_id}", routes.delete, methods=["DELETE"], response_model=models.Deleted)
    router.add_api_route("/{trace_id}/feedback", routes.vote, methods=["POST"], response_model=models.Kept)
    router.add_api_route("/{trace_id}/reviews", routes.review, methods=["POST"], response_model=models.Kept)
    return router


_EXPORTED: Any = {
    "description": "The turns.",
    "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in set(_TYPES.values())},
}
