"""`Idempotency-Key`: a request that is sent twice takes effect once, by means of Powertools' idempotency.

The module follows the IETF draft "The Idempotency-Key HTTP Header Field". A repeated key gets the first answer again if
the body is the same, 422 if the body is another one, and 409 while the first request is still running.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from functions.shared.auth.callers import Caller
from functions.shared.aws.clients import client
from functions.shared.errors import IdempotencyKeyReused, RequestInProgress, Unavailable
from functions.shared.invocation import lambda_context

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from fastapi import Response

KEPT_S = 24 * 3600


def key_of(caller: Caller, key: str | None, *scope: str) -> str | None:
    """Return a client's key within a scope of this caller, so that the keys of two callers never collide."""
    return "/".join([caller.subject, *scope, key]) if key else None


def request_token(key: str, body: BaseModel) -> str:
    """Name a request by its key and its body: the same key with another body is another request.

    Only the given fields count, so that a retry still fits after a deployment that adds an optional field.

    The created item contains the token, so that a retry finds the item of a first try that ended before its answer.
    """
    return hashlib.sha256(f"{key}\n{body.model_dump_json(exclude_unset=True)}".encode()).hexdigest()


class IdempotentRequests:
    """Remembers the answers of requests by their key, in the service's own table.

    Args:
        table_name: A table with the single key `pk`, and with `expires_at` as its time to live.
        operation: The name of the operation, so that two operations can use the same key.
    """

    def __init__(self, table_name: str, *, operation: str) -> None:
        self._table_name = table_name
        self._operation = operation

    def answer[A: BaseModel](
        self,
        effect: Callable[[str | None], A],
        kind: type[A],
        *,
        key: str | None,
        body: BaseModel,
        response: "Response",
    ) -> A:
        """Run `effect` once for each key, and mark a replay in the response.

        Args:
            effect: Takes the token of the request, or None without a key, and returns the answer.
            kind: The type of the answer, for replays.
            key: The key that `key_of` returns; None for a request without a key, which always takes effect.
            body: The body that the key was sent with.
            response: Receives the header of a replay.

        Raises:
            As `once` does.
        """
        if key is None:
            return effect(None)
        token = request_token(key, body)
        made: list[A] = []

        def run() -> Mapping[str, Any]:
            made.append(effect(token))
            return made[0].model_dump(mode="json")

        stored, replayed = self.once(run, key=key, body=body.model_dump(exclude_unset=True))
        if not replayed:
            return made[0]
        response.headers["Idempotency-Replayed"] = "true"
        return kind.model_validate(stored)

    def once(
        self, effect: Callable[[], Mapping[str, Any]], *, key: str, body: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], bool]:
        """Run `effect`, or return the stored result of an earlier request with the same key.

        Args:
            effect: Returns JSON values; an error that it raises is not remembered.
            key: The client's key, within a scope of the client.
            body: The body that the key was sent with.

        Returns:
            The result of `effect`, and true for a replay.

        Raises:
            IdempotencyKeyReused: An earlier request had the same key but another body.
            RequestInProgress: The first request with this key has not ended.
            Unavailable: The table is busy or unreachable.
        """
        from aws_lambda_powertools.utilities.idempotency import (  # noqa: PLC0415 - for requests with the header only
            IdempotencyConfig,
            idempotent_function,
        )
        from aws_lambda_powertools.utilities.idempotency.exceptions import (  # noqa: PLC0415 - see above
            IdempotencyAlreadyInProgressError,
            IdempotencyInconsistentStateError,
            IdempotencyPersistenceLayerError,
            IdempotencyValidationError,
        )
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

        from functions.shared.aws.dynamodb import BUSY  # noqa: PLC0415 - see above

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
                # Bounds how long a request that crashed holds the key.
                lambda_context=cast("LambdaContext | None", lambda_context()),
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
            # Powertools wraps every failure; only transient ones are answered as unavailable.
            cause = error.__cause__
            busy = isinstance(cause, ClientError) and cause.response["Error"]["Code"] in BUSY
            if busy or isinstance(cause, BotoCoreError):
                raise Unavailable from error
            raise
        return answer, replayed

    def prepare(self) -> None:
        """Import and make the objects that requests with the header need."""
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
