"""A typical service: FastAPI behind Mangum, PynamoDB, Powertools, and a token check with PyJWT."""

import os
import ssl
from typing import Annotated, Any

import jwt
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from fastapi import Depends, FastAPI, Header, HTTPException
from mangum import Mangum
from pydantic import BaseModel
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.models import Model

logger, metrics = Logger(), Metrics()
pool = f"{os.environ.get('AWS_ENDPOINT_URL')}/{os.environ.get('USER_POOL_ID')}"
trusted = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
keys = jwt.PyJWKClient(f"{pool}/.well-known/jwks.json", ssl_context=trusted)
app = FastAPI()


class User(Model):
    """A user in the table."""

    class Meta:
        table_name = os.environ["TABLE_NAME"]

    pk = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    email = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    active = BooleanAttribute()
    version = NumberAttribute()


class UserAnswer(BaseModel):
    """A user in an answer."""

    id: str
    email: str
    name: str | None
    active: bool
    version: int


async def subject(authorization: Annotated[str, Header()]) -> str:
    """Return the subject of a valid token."""
    token = authorization.partition(" ")[2]
    claims: dict[str, Any] = jwt.decode(
        token, keys.get_signing_key_from_jwt(token), algorithms=["RS256"], options={"verify_aud": False}
    )
    return str(claims["sub"])


@app.get("/users/health")
async def health() -> dict[str, str]:
    """Answer that the service runs."""
    return {"status": "ok"}


@app.get("/users/{user_id}")
async def get_user(user_id: str, caller: Annotated[str, Depends(subject)]) -> UserAnswer:
    """Return a user."""
    try:
        user = User.get(f"USER#{user_id}", consistent_read=True)
    except DoesNotExist as error:
        raise HTTPException(404) from error
    logger.info("request", extra={"route": "/users/{user_id}", "caller": caller})
    return UserAnswer(id=user.user_id, email=user.email, name=user.name, active=user.active, version=int(user.version))


asgi = Mangum(app, lifespan="off")


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a load balancer's event."""
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    return asgi(event, context)
