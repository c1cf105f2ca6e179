"""The same service with the resolver of Powertools and with boto3, without validation."""

import os
import ssl
from http import HTTPStatus
from typing import Any

import boto3
import jwt
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import ALBResolver, Response
from aws_lambda_powertools.metrics import MetricUnit

logger, metrics = Logger(), Metrics()
pool = f"{os.environ.get('AWS_ENDPOINT_URL')}/{os.environ.get('USER_POOL_ID')}"
trusted = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
keys = jwt.PyJWKClient(f"{pool}/.well-known/jwks.json", ssl_context=trusted)
dynamodb: Any = boto3.client("dynamodb")
app = ALBResolver()


def subject(authorization: str) -> str:
    """Return the subject of a valid token."""
    token = authorization.partition(" ")[2]
    claims: dict[str, Any] = jwt.decode(
        token, keys.get_signing_key_from_jwt(token), algorithms=["RS256"], options={"verify_aud": False}
    )
    return str(claims["sub"])


@app.get("/users/health")
def health() -> dict[str, str]:
    """Answer that the service runs."""
    return {"status": "ok"}


@app.get("/users/<user_id>")
def get_user(user_id: str) -> Response[str] | dict[str, Any]:
    """Return a user."""
    caller = subject(app.current_event.headers["authorization"])
    key = {"pk": {"S": f"USER#{user_id}"}}
    found = dynamodb.get_item(TableName=os.environ["TABLE_NAME"], Key=key, ConsistentRead=True).get("Item")
    logger.info("request", extra={"route": "/users/<user_id>", "caller": caller})
    if found is None:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    texts = {name: found[name]["S"] for name in ("user_id", "email", "name")}
    return {**texts, "active": found["active"]["BOOL"], "version": int(found["version"]["N"])}


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a load balancer's event."""
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    return app.resolve(event, context)
