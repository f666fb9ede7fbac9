"""Signing in and out, and the page of one's own account: agreement, password, keys, one's data. Plain forms, no script.

The guard has checked where a form comes from before it gets here.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import anyio.to_thread
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from assistant.accounts.keys import check_scopes
from assistant.accounts.people import ALLOWED, Action, Person, authorize
from assistant.tracing.export import to_jsonl
from assistant.tracing.queries import Filter, TraceReader
from index_store.errors import AccessProblem, InvalidInput, SignInRefused
from ui.access import SESSION, AccountAccess
from ui.account_view import account_html, agreement_html, made_key_html, sign_in_html
from ui.disclosure import error_for, sees_setup
from ui.parts import Parts
from ui.plain_page import plain_page
from ui.rest_traces import as_seen_by
from ui.server_settings import ServerSettings

LARGEST_FORM = 20_000
AT_ONCE = 4
"""Passwords that are checked at a time."""


class SignIn:
    """What the forms do; it holds nothing of any user."""

    def __init__(self, parts: Parts, access: AccountAccess, settings: ServerSettings) -> None:
        self._parts = parts
        self._access = access
        self._accounts = access.accounts
        self._settings = settings
        # Hashes are slow on purpose: who signs in waits for others who do, and not everybody for a free thread.
        self._signing_in = anyio.CapacityLimiter(AT_ONCE)

    def form(self, request: Request, next: str = "/") -> Response:
        """Show where to sign in."""
        return self._shown(request, "Sign in", sign_in_html(own_path(next), self._settings.oidc is not None))

    async def sign_in(self, request: Request) -> Response:
        """Check a name and a password."""
        given = await _form(request)
        after = own_path(given.get("next", "/"))
        address = request.client.host if request.client else ""
        try:
            token = await anyio.to_thread.run_sync(
                self._accounts.sign_in,
                given.get("name", ""),
                given.get("password", ""),
                address,
                limiter=self._signing_in,
            )
        except SignInRefused as exc:
            again = sign_in_html(after, self._settings.oidc is not None, str(exc), given.get("name", ""))
            waits = {"retry-after": str(max(1, round(exc.retry_after_s)))} if exc.retry_after_s else {}
            return self._shown(request, "Sign in", again, 429 if waits else 401, waits)
        return self.signed_in(request, token, after)

    def signed_in(self, request: Request, token: str, after: str) -> Response:
        """Give the cookie of a session, and lead to where somebody wanted to go."""
        response = RedirectResponse(f"{_root(request)}{own_path(after)}", 303)
        response.set_cookie(
            SESSION, token, path=_root(request) or "/", httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return response

    def sign_out(self, request: Request) -> Response:
        """End this session."""
        self._accounts.sign_out(request.cookies.get(SESSION))
        response = RedirectResponse(f"{_root(request)}/login", 303)
        response.delete_cookie(SESSION, path=_root(request) or "/")
        return response

    def account(self, request: Request, told: str = "") -> Response:
        """Show what is kept of somebody, and what they can do about it."""
        who = self._who(request)
        account = self._accounts.by_id(who.id)
        turns = TraceReader(self._parts.library.traces.engine).count(Filter(user=who.id))
        body = account_html(account, self._access.keys.listed(account), sorted(ALLOWED[who.role]), turns, told)
        return self._shown(request, "Your account", body)

    def agreement(self, request: Request, next: str = "/") -> Response:
        """Show the text to agree to."""
        agreed = self._who(request).agreed
        body = agreement_html(self._settings.consent, own_path(next), agreed)
        return self._shown(request, "How your questions are kept", body)

    async def agree(self, request: Request) -> Response:
        """Keep the agreement to the text that is shown today."""
        given, who = await _form(request), self._who(request)
        await run_in_threadpool(self._accounts.agree, who.id, self._settings.consent_hash)
        return RedirectResponse(f"{_root(request)}{own_path(given.get('next', '/'))}", 303)

    def export(self, request: Request) -> Response:
        """Give all turns of somebody as JSON lines."""
        who = self._who(request)
        records = TraceReader(self._parts.library.traces.engine).each(Filter(user=who.id))
        lines = (to_jsonl(as_seen_by(who, record)).encode("utf-8", "replace") for record in records)
        named = {"content-disposition": 'attachment; filename="lectern.jsonl"'}
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=named)

    async def change(self, request: Request) -> Response:
        """Do what a form of the account's page asks for."""
        given, who = await _form(request), self._who(request)
        try:
            return await run_in_threadpool(self._change, request, who, given)
        except (InvalidInput, AccessProblem) as exc:
            return self.account(request, str(error_for(exc, sees_setup(who))))

    def _change(self, request: Request, who: Person, given: dict[str, str]) -> Response:
        account = self._accounts.by_id(who.id)
        match given.get("do"):
            case "password":
                token = self._accounts.sign_in(who.name, given.get("old", ""), f"account {who.id}")
                self._accounts.sign_out(token)
                self._accounts.set_password(account, given.get("new", ""))
                return self.signed_in(request, self._accounts.open_session(who.id), "/account")
            case "key":
                scopes = check_scopes([name for name in Action if given.get(f"scope-{name}")])
                if not scopes:  # a key for everything is not what somebody asks for by choosing nothing
                    raise InvalidInput("No scope was chosen for the key.", hint="Tick what the key is for.")
                key = self._access.keys.add(account, given.get("label", ""), scopes, days=365)
                return self._shown(request, "Your new key", made_key_html(key))
            case "revoke":
                self._access.keys.revoke(given.get("key", ""), account)
                return self.account(request, "The key is revoked.")
            case "sign-out":
                self._accounts.sign_out_everywhere(who.id)
                return self.sign_out(request)
            case "forget" if given.get("sure"):
                gone, delivered = self._parts.library.traces.forget(user=who.id)
                return self.account(request, forgotten(gone, delivered))
            case "remove" if given.get("sure"):
                self._accounts.keep_an_admin(account)
                self._parts.library.traces.forget(user=who.id)
                self._accounts.remove(account)
                return self.sign_out(request)
        raise InvalidInput("Nothing was done.", hint="Tick the box to say that you are sure.")

    def _who(self, request: Request) -> Person:
        return authorize(self._access.person(request), Action.OWN)

    def _shown(
        self, request: Request, title: str, body: str, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        kept = {"cache-control": "no-store", **(headers or {})}
        return HTMLResponse(plain_page(title, body, _root(request)), status, kept)


def forgotten(gone: int, delivered: int) -> str:
    """Say what was forgotten."""
    sent = f" {delivered:,} had been delivered to the course team's tools already: ask them." if delivered else ""
    return f"{gone:,} turns are deleted.{sent}"


def own_path(wanted: str) -> str:
    """Give a path of this server as it is, the first page for anything else."""
    own = wanted.startswith("/") and not wanted.startswith("//") and wanted.isprintable() and "\\" not in wanted
    return quote(wanted, safe="/?=&%") if own else "/"


async def _form(request: Request) -> dict[str, str]:
    """Read a form.

    Raises:
        HTTPException: it is longer than any of ours.
    """
    if int(request.headers.get("content-length") or LARGEST_FORM + 1) > LARGEST_FORM:
        raise HTTPException(413, f"A form holds at most {LARGEST_FORM:,} bytes.")
    form: Any = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def sign_in_routes(sign_in: SignIn) -> APIRouter:
    """Give the routes of signing in and of one's account."""
    router = APIRouter(include_in_schema=False)
    for path, does, method in (
        ("/login", sign_in.form, "GET"),
        ("/login", sign_in.sign_in, "POST"),
        ("/logout", sign_in.sign_out, "POST"),
        ("/account", sign_in.account, "GET"),
        ("/account", sign_in.change, "POST"),
        ("/account/agreement", sign_in.agreement, "GET"),
        ("/account/agreement", sign_in.agree, "POST"),
        ("/account/export.jsonl", sign_in.export, "GET"),
    ):
        router.add_api_route(path, does, methods=[method], response_model=None)
    return router
