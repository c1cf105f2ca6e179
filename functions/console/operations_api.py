"""The `Operations` of the console: the HTTP function of the service, called as the load balancer calls it.

The function gets the person's own token, so it decides as if the person had sent the request. A call through the
gateway would take longer, and count against the rate of the address that all consoles share.
"""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from functions.console.calls import translated_errors
from functions.shared.aws.clients import client
from functions.shared.correlation import current
from functions.shared.errors import (
    ApiError,
    BadRequest,
    Forbidden,
    InvalidRequest,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from functions.shared.interface.names import ALIAS

if TYPE_CHECKING:
    from functions.console.ports import Operations

# The refusals that concern the request or the person, as the console answers them.
_ERRORS: Mapping[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    422: InvalidRequest,
}


class OperationsApi:
    """Calls one HTTP function.

    Args:
        function: Its full name.
    """

    def __init__(self, function: str) -> None:
        self._function = function

    def get(self, path: str, *, token: str, query: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        """See `Operations.get`.

        Raises:
            ApiError: It refuses the request.
            Unavailable: It fails, or AWS refuses the call.
        """
        event = _event(path, token=token, query=query)
        with translated_errors():
            answer = client("lambda").invoke(
                FunctionName=self._function, Qualifier=ALIAS, Payload=json.dumps(event).encode()
            )
            payload = answer["Payload"].read()
        if "FunctionError" in answer:
            raise Unavailable(f"{self._function} failed: {answer['FunctionError']}")
        return _content(json.loads(payload))


def _event(path: str, *, token: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the event of an Application Load Balancer with multi-value headers."""
    headers = {"authorization": f"Bearer {token}", "host": "console", "x-request-id": current().request_id}
    return {
        # An event without it could ask for a rehearsal.
        "requestContext": {"elb": {"targetGroupArn": "console"}},
        "httpMethod": "GET",
        "path": path,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": "",
        "isBase64Encoded": False,
    }


def _content(answer: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"]
    content = json.loads(body)
    status = answer["statusCode"]
    if status in _ERRORS:
        raise _ERRORS[status](content["detail"])
    if status != HTTPStatus.OK:
        raise Unavailable(f"operations answers {status}.")
    return content


if TYPE_CHECKING:
    _: Operations = OperationsApi("")
