"""Calls a Lambda handler like the internal load balancer."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.tokens import admin


class LambdaContext:
    """The context that Lambda passes to a handler."""

    function_name = "platform-test-api"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:platform-test-api"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 9_000


@dataclass(frozen=True)
class Answer:
    """The response of the load balancer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The slug of the problem; fails if the answer is no problem."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        return str(self.json["type"].removeprefix("urn:problem-type:"))


class LambdaClient:
    """Sends requests to a handler.

    Args:
        handler: A Lambda handler.
        caller: The token of each request, by default an admin's; "" sends no token.
    """

    def __init__(self, handler: Callable[[dict[str, Any], Any], dict[str, Any]], *, caller: str | None = None) -> None:
        self._handler = handler
        self._caller = admin() if caller is None else caller

    def by(self, caller: str) -> "LambdaClient":
        """Return a client of the same handler for another caller."""
        return LambdaClient(self._handler, caller=caller)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"host": "localhost", "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
        if self._caller:
            sent["authorization"] = f"Bearer {self._caller}"
        if body is not None:
            sent["content-type"] = "application/json"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        answer = self._handler(
            {
                "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:test"}},
                "httpMethod": method,
                "path": path,
                "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()},
                "multiValueHeaders": {name: [value] for name, value in sent.items() if value},
                "body": body if isinstance(body, str) else "" if body is None else json.dumps(body),
                "isBase64Encoded": False,
            },
            LambdaContext(),
        )
        raw = answer["body"]
        return Answer(
            status=answer["statusCode"],
            headers={name: ", ".join(values) for name, values in answer["multiValueHeaders"].items()},
            body=base64.b64decode(raw) if answer["isBase64Encoded"] else raw.encode(),
        )

    def get(self, path: str, **more: Any) -> Answer:
        return self.request("GET", path, **more)

    def post(self, path: str, body: object, **more: Any) -> Answer:
        return self.request("POST", path, body=body, **more)

    def patch(self, path: str, body: object, **more: Any) -> Answer:
        return self.request("PATCH", path, body=body, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self.request("DELETE", path, **more)
