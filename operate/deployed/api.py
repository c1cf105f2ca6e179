"""A client of an environment's public API, with persistent connections and retries."""

import json
import random
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import urllib3

from operate.errors import OperateError
from operate.target import Target

_TIMEOUT = urllib3.Timeout(connect=5, read=40)
_ATTEMPTS = 8
_LONGEST_WAIT_S = 10.0
# Rate limiting and transient failures.
_RETRIED = frozenset({429, 502, 503, 504})


class UnexpectedAnswer(OperateError):
    """The API answered with an unexpected status; the message contains the problem and the request id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API.

    Attributes:
        status: The HTTP status.
        headers: The headers; names are case-insensitive.
        content: The parsed JSON body, or None for an empty body.
    """

    status: int
    headers: Mapping[str, str]
    content: Any


class Api:
    """Sends requests; threads may share it.

    Args:
        target: The environment.
        token: Gets an access token; called again when the API rejects the current one.
        connections: The largest number of open connections.
    """

    def __init__(self, target: Target, *, token: Callable[[], str], connections: int) -> None:
        self._url = target.described["gateway_url"] if target.is_local else target.environment.url
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            block=True,
            retries=False,
            timeout=_TIMEOUT,
            ca_certs=target.described["ca_file"] if target.is_local else None,
        )
        self._get_token = token
        self._token = token()
        self._renewing = threading.Lock()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End all retries, so that waiting threads end soon."""
        self._stopped.set()

    def send(
        self,
        method: str,
        path: str,
        *,
        expect: Collection[int],
        body: Any = None,  # noqa: ANN401 - any JSON
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send an idempotent request, and retry it on transient failures.

        Raises:
            UnexpectedAnswer: The status is not in `expect`.
            OperateError: The API does not answer.
        """
        renewed = False
        for attempt in range(_ATTEMPTS):
            token = self._token
            answer = self._try(method, path, body, {**(headers or {}), "Authorization": f"Bearer {token}"})
            if isinstance(answer, Answer) and answer.status in expect:
                return answer
            if isinstance(answer, Answer) and answer.status == HTTPStatus.UNAUTHORIZED and not renewed:
                renewed = True
                self._renew(token)
            elif isinstance(answer, Answer) and answer.status not in _RETRIED:
                raise _unexpected(method, path, answer)
            elif self._stopped.wait(_wait_s(answer, attempt)):
                break
        if isinstance(answer, Answer):
            raise _unexpected(method, path, answer)
        raise OperateError(f"{self._url} does not answer: {answer}")

    def upload(self, url: str, fields: Mapping[str, Any]) -> int:
        """Send a presigned POST form to object storage; return the status."""
        return self._pool.request("POST", url, fields=fields).status

    def download(self, url: str) -> bytes:
        """Get the content behind a presigned link of object storage.

        Raises:
            OperateError: The storage refuses the link.
        """
        answer = self._pool.request("GET", url)
        if answer.status != HTTPStatus.OK:
            raise OperateError(f"The storage answered a download with {answer.status}.")
        return bytes(answer.data)

    def _try(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer | Exception:
        try:
            answer = self._pool.request(method, f"{self._url}{path}", json=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            return error
        is_json = answer.data and "json" in answer.headers.get("Content-Type", "")
        content = json.loads(answer.data) if is_json else None
        return Answer(answer.status, answer.headers, content)

    def _renew(self, rejected: str) -> None:
        # Many threads find the token rejected at the same time; the first one gets the new token for all.
        with self._renewing:
            if self._token == rejected:
                self._token = self._get_token()


def _wait_s(answer: Answer | Exception, attempt: int) -> float:
    """Return the API's Retry-After plus full jitter.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    retry_after = answer.headers.get("Retry-After", "") if isinstance(answer, Answer) else ""
    jitter = random.uniform(0, 0.2 * 2**attempt)  # noqa: S311 - spreads load, needs no secrecy
    return min((float(retry_after) if retry_after.isdigit() else 0.0) + jitter, _LONGEST_WAIT_S)


def _unexpected(method: str, path: str, answer: Answer) -> UnexpectedAnswer:
    problem = answer.content if isinstance(answer.content, dict) else {}
    text = ": ".join(str(problem[key]) for key in ("title", "detail") if problem.get(key))
    request_id = answer.headers.get("X-Request-Id", "unknown")
    return UnexpectedAnswer(f"{method} {path} failed with {answer.status} {text} (request {request_id})".strip())
