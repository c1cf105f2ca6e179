"""The load of a drill: requests to users, which also cause events, and a count of those that a release hurt."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from itertools import count, cycle
from typing import Any, Self
from uuid import uuid4

import urllib3

from local.settings import Settings

# Requests a second, or five in each minute of the release.
LOADS: Mapping[str, float | None] = {"none": 0.0, "5-a-minute": None, "busy": 4.0}
_FEW_A_MINUTE = 5
_WORKERS = 4
# Later answers are hurt; a rehearsal has the same bound.
_LATE_S = 3.0
_TIMEOUT_S = 30.0
_EVENT_WAIT_S = 90.0
_GOOD = {200, 201}

type Answer = tuple[int, Any]


class Load:
    """Asks for lists, users and creations in turn, from `begin` until the end of the block.

    Attributes:
        requests: The number of requests.
        failed: Those that were answered with another status than the expected one, or not at all.
        hurt: Those, the late ones, and those with an answer of another form.
    """

    def __init__(self, settings: Settings, *, name: str, minute_s: float, token: str) -> None:
        per_s = LOADS[name]
        self._per_s = _FEW_A_MINUTE / minute_s if per_s is None else per_s
        self._url = settings.gateway_url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._pool = urllib3.PoolManager(ca_certs=str(settings.ca_file), retries=False, maxsize=_WORKERS)
        self._over = threading.Event()
        self._count = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._created: list[str] = []
        self._keys: set[str] = set()
        self.requests = self.failed = self.hurt = 0

    def __enter__(self) -> Self:
        """Create the user to ask for."""
        self._known = self._create_user()
        return self

    def begin(self) -> None:
        """Begin to ask."""
        workers = _WORKERS if self._per_s > _WORKERS else 1
        if self._per_s:
            self._threads = [
                threading.Thread(target=self._ask, args=(workers / self._per_s, place), daemon=True)
                for place in range(workers)
            ]
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        """End, after the answers to the last requests."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def events_lost(self) -> int:
        """Wait for the events of the created users; return the number of users without one."""
        missing = list(self._created)
        deadline = time.monotonic() + _EVENT_WAIT_S
        while missing and time.monotonic() < deadline:
            missing = [each for each in missing if not self._has_event(each)]
            if missing:
                time.sleep(1)
        return len(missing)

    def _has_event(self, user_id: str) -> bool:
        status, content = self._send("GET", f"/activity?subject=users/{user_id}&limit=1")
        return status == 200 and bool(content["items"])  # noqa: PLR2004 - HTTP

    def _create_user(self) -> str:
        status, content = self._send("POST", "/users", {"email": f"{uuid4().hex}@drill.example.com"})
        if status != 201:  # noqa: PLR2004 - HTTP
            raise ConnectionError(f"The platform does not create a user: status {status}.")
        self._keys = set(content)
        return str(content["id"])

    def _ask(self, every_s: float, place: int) -> None:
        turns: cycle[Callable[[], tuple[Answer, Any]]] = cycle(
            (self._get, self._list, self._get, self._create, self._get)
        )
        next_at = time.monotonic() + every_s * place / _WORKERS
        for number in count():
            ask = next(turns)
            if number < place:
                continue
            if self._over.wait(max(0.0, next_at - time.monotonic())):
                return
            next_at += every_s
            self._judge(ask)

    def _judge(self, ask: Callable[[], tuple[Answer, Any]]) -> None:
        began_at = time.monotonic()
        (status, _), item = ask()
        late = time.monotonic() - began_at > _LATE_S
        failed = status not in _GOOD
        with self._count:
            self.requests += 1
            self.failed += failed
            self.hurt += failed or late or (isinstance(item, dict) and set(item) != self._keys)

    def _list(self) -> tuple[Answer, Any]:
        answer = self._send("GET", "/users?limit=1")
        return answer, next(iter((answer[1] or {}).get("items", ())), None)

    def _get(self) -> tuple[Answer, Any]:
        answer = self._send("GET", f"/users/{self._known}")
        return answer, answer[1] if answer[0] == 200 else None  # noqa: PLR2004 - HTTP

    def _create(self) -> tuple[Answer, Any]:
        answer = self._send("POST", "/users", {"email": f"{uuid4().hex}@drill.example.com"})
        if answer[0] != 201:  # noqa: PLR2004 - HTTP
            return answer, None
        with self._count:
            self._created.append(answer[1]["id"])
        return answer, answer[1]

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Return the status and the JSON value of an answer; 0 without one."""
        content = json.dumps(body).encode() if body else None
        try:
            answer = self._pool.request(
                method, self._url + path, body=content, headers=self._headers, timeout=_TIMEOUT_S
            )
            return answer.status, json.loads(answer.data or b"null")
        except (urllib3.exceptions.HTTPError, ValueError):
            return 0, None
