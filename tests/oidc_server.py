"""An OpenID provider on loopback that can be told to lie: in what it claims, signs with, and says of itself."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "lectern"
Claims = dict[str, Any]


class Provider:
    """Honest by default; a lie changes the claims of a token before it is signed."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.other = RSAKey.generate_key(2048, {"kid": "1"})
        self.lie: Callable[[Claims], None] = lambda claims: None
        self.signs_with = self.key
        self.unsigned = False
        self.cancels = False
        self.issuer_told: str | None = None
        self.issuer = ""
        self.asked: dict[str, dict[str, str]] = {}
        """What each code was asked for with."""
        self.verified: list[bool] = []
        """Whether each token was asked for by who knew the code's verifier (PKCE)."""

    def metadata(self) -> Claims:
        told = self.issuer if self.issuer_told is None else self.issuer_told
        return {
            "issuer": told,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Give where the browser goes with a code."""
        if self.cancels:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = f"code{len(self.asked)}"
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> Claims:
        asked = self.asked.pop(form["code"])  # a code is good for one token
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        self.verified.append(base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"])
        now = int(time.time())
        claims: Claims = {"iss": self.issuer, "sub": "ada", "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], "preferred_username": "Ada"}
        self.lie(claims)
        header = {"alg": "RS256", "kid": "1"}
        token = unsigned(claims) if self.unsigned else jwt.encode(header, claims, self.signs_with)
        return {"access_token": "a", "token_type": "Bearer", "id_token": token}


def unsigned(claims: Claims) -> str:
    """Give a token that says of itself that it needs no signature."""
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."


@contextmanager
def lying_provider() -> Iterator[Provider]:
    """Run a provider until the end of the block."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = urlsplit(self.path)
            if at.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(at.query).items()}
                self.send_response(302)
                self.send_header("location", provider.authorize(query))
                self.end_headers()
                return
            self._json(provider.metadata() if "well-known" in at.path else {"keys": [provider.key.as_dict()]})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["content-length"])).decode()
            self._json(provider.token({name: values[0] for name, values in parse_qs(sent).items()}))

        def _json(self, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
