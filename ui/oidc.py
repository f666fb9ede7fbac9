"""Signing in with an OpenID provider (authorization code with PKCE), by Authlib. Knows no page but its own two.

Who comes for the first time gets an account; what their claim says they are is taken over each time.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from assistant.accounts.accounts import LONGEST_NAME, Account, Accounts
from assistant.accounts.people import Role
from index_store.errors import InvalidInput
from ui.plain_page import plain_page
from ui.server_settings import OidcSettings
from ui.sign_in import SignIn, own_path

COOKIE = "lectern_oidc"
"""Keeps state, nonce and code verifier between the two steps, signed."""
COOKIE_S = 600
LONGEST_SUBJECT = 400
log = logging.getLogger(__name__)


class Oidc:
    """The two steps: to the provider, and back from it."""

    def __init__(self, settings: OidcSettings, accounts: Accounts, sign_in: SignIn, public_url: str | None) -> None:
        self._settings = settings
        self._accounts = accounts
        self._sign_in = sign_in
        self._public_url = public_url
        issuers = [settings.issuer, f"{settings.issuer}/"]  # with a slash, some call themselves
        self._expected = {
            "iss": {"essential": True, "values": issuers},
            "aud": {"essential": True, "values": [settings.client_id]},
        }
        self._client = OAuth().register(
            "provider",
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "timeout": 10.0},
        )

    async def start(self, request: Request, next: str = "/") -> Response:
        """Lead to the provider."""
        request.session["next"] = own_path(next)
        base = self._public_url or str(request.base_url).rstrip("/")
        try:
            response: Response = await self._client.authorize_redirect(request, f"{base}/oidc/callback")
        except Exception as exc:  # the edge: whatever the provider does, or does not
            return self._failed(request, "The provider cannot be reached.", exc)
        return response

    async def callback(self, request: Request) -> Response:
        """Take over who the provider says somebody is."""
        if request.query_params.get("error") == "access_denied":  # RFC 6749: who was asked, or the provider, said no
            return self._failed(request, "You cancelled signing in, or the provider did not let you in.", None)
        try:
            token = await self._client.authorize_access_token(request, claims_options=self._expected)
            claims: Mapping[str, Any] = token["userinfo"]
            account = await run_in_threadpool(self._account, claims)
        except Exception as exc:  # the edge: a forged way back, a token that is none, a provider that is gone
            return self._failed(request, "The provider did not confirm who you are.", exc)
        after = request.session.pop("next", "/")
        if account.disabled:
            return self._failed(request, "This account may not sign in.", None)
        opened = await run_in_threadpool(self._accounts.open_session, account.id)
        return self._sign_in.signed_in(request, opened, after)

    def _account(self, claims: Mapping[str, Any]) -> Account:
        """Give the account of an identity, made where it has none, in the role that its claims say.

        Raises:
            ValueError: the claims name nobody.
        """
        if not claims.get("sub"):
            raise ValueError("no sub")
        subject = subject_of(str(claims["iss"]), str(claims["sub"]))
        role = role_of(claims.get(self._settings.claim), self._settings.roles)
        known = self._accounts.by_subject(subject)
        if known is None:
            return self._added(subject, role, claims)
        if self._settings.roles and known.role is not role:
            try:
                self._accounts.set_role(known, role)
            except InvalidInput as exc:  # the last admin stays one
                log.warning("A role was not taken over: %s", exc)
        return self._accounts.by_subject(subject) or known

    def _added(self, subject: str, role: Role, claims: Mapping[str, Any]) -> Account:
        sub = str(claims["sub"])
        wanted = claims.get("preferred_username") or claims.get("email") or claims.get("name") or sub
        shown = "".join(c for c in str(wanted) if c.isprintable()).strip()[: LONGEST_NAME - 20] or "somebody"
        try:
            return self._accounts.add(shown, role, subject=subject)
        except InvalidInput:  # the name is somebody else's: identities are told apart by their subject alone
            told_apart = hashlib.sha256(subject.encode()).hexdigest()[:12]
            return self._accounts.add(f"{shown} ({told_apart})", role, subject=subject)

    def _failed(self, request: Request, why: str, exc: Exception | None) -> Response:
        log.warning("Signing in with the provider failed: %s%s", why, f" {type(exc).__name__}" if exc else "")
        body = f"<p role='alert'>{why}</p><p>Try again, or ask whoever runs this server.</p>"
        page = plain_page("Not signed in", body, str(request.scope.get("root_path", "")))
        return HTMLResponse(page, 502 if exc else 403)


def subject_of(issuer: str, sub: str) -> str:
    """Give what an identity is known by; one that is too long to keep, by its hash."""
    subject = f"{issuer}|{sub}"
    return (
        subject if len(subject) <= LONGEST_SUBJECT else hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()
    )


def role_of(claim: Any, roles: Mapping[str, Role]) -> Role:
    """Give the highest role that the values of a claim name; a student for none."""
    values = [claim] if isinstance(claim, str) else claim if isinstance(claim, list | tuple) else []
    found = {roles[value] for value in values if isinstance(value, str) and value in roles}
    return next((role for role in (Role.ADMIN, Role.REVIEWER) if role in found), Role.STUDENT)


def oidc_routes(oidc: Oidc) -> APIRouter:
    """Give the routes of the two steps."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/oidc/start", oidc.start, methods=["GET"], response_model=None)
    router.add_api_route("/oidc/callback", oidc.callback, methods=["GET"], response_model=None)
    return router
