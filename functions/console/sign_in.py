"""The sign-in of people: authorization code with PKCE at the user pool's own page (RFC 6749, RFC 7636).

A signed cookie joins the way there with the way back. It has the state, the verifier and the page to return to, so none
of them is in an address that another site could choose.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from itsdangerous import BadSignature, URLSafeTimedSerializer

from functions.console.errors import SignInFailed
from functions.shared.errors import Unavailable
from functions.shared.interface.names import CONSOLE_CALLBACK, CONSOLE_PATH, CONSOLE_SIGNED_OUT

# People may have to look for a password, and for a second factor.
SIGN_IN_TAKES_S = 900
# The console passes the token to services. It needs no right on the person's profile in the pool.
SCOPES = "openid email"
# A page of the console, with its query. It begins with a fixed path, so it can lead to no other site.
_PAGE = re.compile(rf"{CONSOLE_PATH}(/[A-Za-z0-9._~%!$&'()*+,;=:@/-]*)?(\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*)?")
LONGEST_PAGE = 500
# Browsers resolve such a part of a path before they ask: `/console/../users` is no page of the console.
_DOTS = re.compile(r"/(\.|%2e){1,2}([/?]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token, and the seconds for which it is valid."""

    text: str
    valid_s: int


# Sends a form to the pool's token endpoint and returns its JSON answer.
type Exchange = Callable[[Mapping[str, str]], Mapping[str, Any]]


class SignIn:
    """Leads to the pool's page and back.

    Args:
        pool_url: The pool's domain.
        client_id: The id of the console's client.
        console_url: The URL of the gateway.
        key: Returns the key that signs the cookie.
        exchange: Sends a form to the token endpoint.
    """

    def __init__(
        self, *, pool_url: str, client_id: str, console_url: str, key: Callable[[], str], exchange: Exchange
    ) -> None:
        self._pool_url = pool_url
        self._client_id = client_id
        self._console_url = console_url
        self._key = key
        self._exchange = exchange

    def begin(self, to: str) -> tuple[str, str]:
        """Return the address of the pool's page, and the cookie for the way back to a page of the console."""
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": self._client_id,
            "redirect_uri": f"{self._console_url}{CONSOLE_CALLBACK}",
            "response_type": "code",
            "scope": SCOPES,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        cookie = self._serializer().dumps([state, verifier, safe_page(to)])
        return f"{self._pool_url}/oauth2/authorize?{urlencode(asked)}", str(cookie)

    def finish(self, *, code: str, state: str, cookie: str) -> tuple[Token, str]:
        """Return the token for a code, and the page to return to.

        Raises:
            SignInFailed: This browser has not begun the sign-in, or too long ago, or the pool refuses the code.
            Unavailable: The pool does not answer.
        """
        try:
            expected, verifier, to = self._serializer().loads(cookie, max_age=SIGN_IN_TAKES_S)
        except BadSignature as error:
            raise SignInFailed("It was begun in another browser, or too long ago. Sign in again.") from error
        if not hmac.compare_digest(str(expected).encode(), state.encode()):
            raise SignInFailed("It was begun in another tab of this browser. Sign in again.")
        answer = self._exchange(
            {
                "grant_type": "authorization_code",
                "client_id": self._client_id,
                "redirect_uri": f"{self._console_url}{CONSOLE_CALLBACK}",
                "code": code,
                "code_verifier": verifier,
            }
        )
        if "access_token" not in answer:
            raise SignInFailed("The user pool refused the code. Sign in again.")
        return Token(text=str(answer["access_token"]), valid_s=int(answer["expires_in"])), safe_page(to)

    def leave_url(self) -> str:
        """Return the address that ends the person's session at the pool, too."""
        asked = {"client_id": self._client_id, "logout_uri": f"{self._console_url}{CONSOLE_SIGNED_OUT}"}
        return f"{self._pool_url}/logout?{urlencode(asked)}"

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._key(), salt="console-sign-in", signer_kwargs={"digest_method": hashlib.sha256}
        )


def safe_page(to: str) -> str:
    """Return the page of the console that an address names; the first page for any other address."""
    return to if len(to) <= LONGEST_PAGE and _PAGE.fullmatch(to) and not _DOTS.search(to) else CONSOLE_PATH


def exchange_at(pool_url: str) -> Exchange:
    """Return the function that sends a form to the token endpoint of a pool."""

    def exchange(form: Mapping[str, str]) -> Mapping[str, Any]:
        from urllib.error import HTTPError  # noqa: PLC0415 - only a sign-in needs it
        from urllib.request import Request, urlopen  # noqa: PLC0415 - as above

        from functions.shared.aws.tls import tls_context  # noqa: PLC0415 - as above

        request = Request(f"{pool_url}/oauth2/token", data=urlencode(form).encode(), method="POST")  # noqa: S310 - the pool's own URL
        try:
            with urlopen(request, timeout=5, context=tls_context()) as answer:  # noqa: S310 - as above
                found: Mapping[str, Any] = json.load(answer)
        except HTTPError as error:
            if error.code >= 500:  # noqa: PLR2004 - server errors
                raise Unavailable("The user pool does not answer. Try again.") from error
            return {}
        except (OSError, ValueError) as error:
            raise Unavailable("The user pool does not answer. Try again.") from error
        return found

    return exchange
