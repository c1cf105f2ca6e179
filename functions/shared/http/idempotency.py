"""`Idempotency-Key`: a request that is sent twice takes effect once, through Powertools' idempotency.

It follows the IETF draft "The Idempotency-Key HTTP Header Field": the same key with the same body answers what was
answered before, with another body 422, while the first is still running 409.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Header

from functions.shared.aws.clients import client
from functions.shared.errors import IdempotencyKeyReused, RequestInProgress, Unavailable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from fastapi import Request, Response
    from pydantic import BaseModel

KEPT_S = 24 * 3600
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Makes a repetition safe: the same key with the same body, within 24 hours, is answered as it was "
        "the first time, with `Idempotency-Replayed: true`.",
    ),
]


def request_token(key: str, body: "BaseModel") -> str:
    """Name a request by its key and its body: the same key with another body is another request.

    What an effect leaves carries it, so that a repetition finds what a first try did that ended before it could answer.
    """
    return hashlib.sha256(f"{key}\n{body.model_dump_json()}".encode()).hexdigest()


class IdempotentRequests:
    """Remembers the answers of requests by their key, in the service's own table.

    Args:
        table_name: A table with the partition key `pk` alone and `expires_at` as its time to live.
        operation: Which operation, so that two of them can use the same key.
    """

    def __init__(self, table_name: str, *, operation: str) -> None:
        self._table_name = table_name
        self._operation = operation

    def answer(
        self,
        effect: Callable[[], Mapping[str, Any]],
        *,
        key: str | None,
        body: "BaseModel",
        request: "Request",
        response: "Response",
    ) -> Mapping[str, Any]:
        """Run `effect` for a request, once where it has a key, and let the response say when that is a replay.

        Raises:
            As `once` does.
        """
        if key is None:
            return effect()
        context = request.scope.get("aws.context")
        answer, replayed = self.once(effect, key=key, body=body.model_dump(), context=context)
        if replayed:
            response.headers["Idempotency-Replayed"] = "true"
        return answer

    def once(
        self,
        effect: Callable[[], Mapping[str, Any]],
        *,
        key: str,
        body: Mapping[str, Any],
        context: "LambdaContext | None",
    ) -> tuple[Mapping[str, Any], bool]:
        """Run `effect`, or return what it returned for this key before.

        Args:
            effect: Returns JSON values; an error that it raises is not remembered.
            key: The client's key.
            body: What the key was sent with.
            context: Bounds how long a crashed request holds the key.

        Returns:
            What `effect` returned, and whether that is a replay.

        Raises:
            IdempotencyKeyReused: The key came with another body before.
            RequestInProgress: The first request with this key has not ended.
            Unavailable: The table is busy or away.
        """
        from aws_lambda_powertools.utilities.idempotency import (  # noqa: PLC0415 - for requests with the header only
            IdempotencyConfig,
            idempotent_function,
        )
        from aws_lambda_powertools.utilities.idempotency.exceptions import (  # noqa: PLC0415
            IdempotencyAlreadyInProgressError,
            IdempotencyInconsistentStateError,
            IdempotencyPersistenceLayerError,
            IdempotencyValidationError,
        )
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        from functions.shared.aws.dynamodb import BUSY  # noqa: PLC0415

        replayed = False

        def mark_replay(response: Any, idempotent_data: Any) -> Any:  # noqa: ANN401, ARG001 - Powertools' hook
            nonlocal replayed
            replayed = True
            return response

        @idempotent_function(  # type: ignore[untyped-decorator] # Powertools types it so
            data_keyword_argument="request",
            persistence_store=self._store,
            key_prefix=self._operation,
            config=IdempotencyConfig(
                event_key_jmespath="key",
                payload_validation_jmespath="body",
                expires_after_seconds=KEPT_S,
                hash_function="sha256",
                lambda_context=context,
                response_hook=mark_replay,
            ),
        )
        def run(*, request: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG001 - Powertools reads it
            return effect()

        try:
            answer: Mapping[str, Any] = run(request={"key": key, "body": body})
        except IdempotencyValidationError as error:
            raise IdempotencyKeyReused from error
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            raise RequestInProgress from error
        except IdempotencyPersistenceLayerError as error:
            # Powertools wraps whatever went wrong; what is our fault is not called busy.
            cause = error.__cause__
            busy = isinstance(cause, ClientError) and cause.response["Error"]["Code"] in BUSY
            if busy or isinstance(cause, BotoCoreError):
                raise Unavailable from error
            raise
        return answer, replayed

    def prepare(self) -> None:
        """Import and make what requests with the header need."""
        import aws_lambda_powertools.utilities.idempotency  # noqa: F401, PLC0415 - see once

        _ = self._store

    @cached_property
    def _store(self) -> "DynamoDBPersistenceLayer":
        from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer  # noqa: PLC0415 - see once

        return DynamoDBPersistenceLayer(
            self._table_name,
            key_attr="pk",
            expiry_attr="expires_at",
            in_progress_expiry_attr="in_progress_until_ms",
            boto3_client=client("dynamodb"),
        )
