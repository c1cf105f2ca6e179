"""What clients send and get about webhooks and their deliveries."""

import json
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from functions.webhooks.deliveries import Attempt, Delivery, Failure, State
from functions.webhooks.domain import EVENT_TYPES_AT_MOST, EVERY_EVENT, Changes, Reason, Webhook
from functions.webhooks.targets import URL_CHARACTERS


def _alone_or_several(event_types: tuple[str, ...]) -> tuple[str, ...]:
    if EVERY_EVENT in event_types and len(event_types) > 1:
        raise PydanticCustomError("event_types", 'Expected "*" alone, or events without it.')
    return tuple(dict.fromkeys(event_types))


EventType = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
EventTypes = Annotated[
    tuple[EventType, ...],
    Field(
        min_length=1,
        max_length=EVENT_TYPES_AT_MOST,
        description='Which events to send: `"*"` for all that you may read, or such as `"users/UserCreated.v1"`, or '
        '`"users/*"` for all of a service. Members are sent their own events alone; a machine client needs the scope '
        "`<service>/read` of each service, and `*` becomes what its scopes admit.",
        examples=[["users/UserCreated.v1", "users/UserDeactivated.v1"]],
    ),
    AfterValidator(_alone_or_several),
]
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=URL_CHARACTERS,
        description="Where to send them: HTTPS, on port 443 or 8443 of a public address.",
        examples=["https://receiver.example.com/events"],
    ),
]
Description = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewWebhook(_Request):
    """A subscription to make."""

    url: Url
    event_types: EventTypes
    description: Description | None = Field(default=None, description="What it is for.")


class WebhookChanges(_Request):
    """What to change; what is left out stays as it is."""

    url: Url = ""
    event_types: EventTypes = ()
    description: Description | None = Field(default=None, description="What it is for; null takes it away.")
    enabled: bool = Field(default=True, strict=True, description="false stops deliveries; true forgives all failures.")

    def to_domain(self) -> Changes:
        """Return the changes that were given, as the domain knows them."""
        return Changes(
            given=frozenset(self.model_fields_set),
            url=self.url,
            event_types=self.event_types,
            description=self.description,
            enabled=self.enabled,
        )


class WebhookAnswer(BaseModel):
    """A subscription."""

    id: str = Field(examples=["01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    owner: str = Field(description="The subject who made it.")
    sees_all: bool = Field(description="Whether it is sent everybody's events, or its owner's alone.")
    url: str
    event_types: tuple[str, ...]
    description: str | None
    enabled: bool
    disabled_because: Reason | None = Field(
        description="Why deliveries were stopped: the receiver failed for days, or answered 410 Gone."
    )
    failing_since: datetime | None = Field(description="When failures began that no success has followed.")
    version: int = Field(description="1 at first, one more with each change; also in ETag.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, webhook: Webhook, **more: Any) -> Self:  # noqa: ANN401 - what subclasses add
        """Return the answer that shows a webhook."""
        return cls(
            id=webhook.webhook_id,
            owner=webhook.owner,
            sees_all=webhook.sees_all,
            url=webhook.url,
            event_types=webhook.event_types,
            description=webhook.description,
            enabled=webhook.enabled,
            disabled_because=webhook.disabled_because,
            failing_since=webhook.failing_since,
            version=webhook.version,
            created_at=webhook.created_at,
            updated_at=webhook.updated_at,
            **more,
        )


_SECRET = Field(
    description="What signs the deliveries, by the Standard Webhooks. It is shown this once.", examples=["whsec_…"]
)


class NewWebhookAnswer(WebhookAnswer):
    """A subscription and its secret."""

    secret: str = _SECRET


class SecretAnswer(BaseModel):
    """A new secret; those before it sign, too, until the time given."""

    secret: str = _SECRET
    previous_valid_until: datetime


class WebhookPage(BaseModel):
    """Some subscriptions, oldest first."""

    items: list[WebhookAnswer]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class AttemptAnswer(BaseModel):
    """One request to the receiver."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None = Field(description="The HTTP status; null where there was no answer.")
    failure: Failure | None = Field(
        description="Null after a success. Otherwise `dns`, `refused-target` (its name leads to an address that is not "
        "public), `connect`, `tls`, `timeout`, `protocol`, `redirect` (none is followed), or `status`."
    )

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Return the answer that shows an attempt."""
        return cls(
            number=attempt.number,
            at=attempt.at,
            duration_ms=attempt.duration_ms,
            status=attempt.status,
            failure=attempt.failure,
        )


class DeliveryAnswer(BaseModel):
    """An event on its way to the receiver."""

    id: str = Field(description="The event's id, and the header `webhook-id`.")
    event_type: str = Field(examples=["users/UserCreated.v1"])
    subject: str = Field(description="What it happened to.", examples=["users/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    state: State = Field(
        description="`pending` until it is `delivered` or, when all attempts have failed, `exhausted`; `cancelled` "
        "where the webhook was disabled meanwhile."
    )
    is_test: bool
    attempts_made: int
    next_attempt_at: datetime | None = Field(description="Not before; null unless it is pending.")
    created_at: datetime

    @classmethod
    def of(cls, delivery: Delivery, **more: Any) -> Self:  # noqa: ANN401 - what subclasses add
        """Return the answer that shows a delivery."""
        return cls(
            id=delivery.delivery_id,
            event_type=delivery.event_type,
            subject=delivery.subject,
            state=delivery.state,
            is_test=delivery.is_test,
            attempts_made=delivery.attempts_made,
            next_attempt_at=delivery.due_at if delivery.state == "pending" else None,
            created_at=delivery.created_at,
            **more,
        )


class WholeDeliveryAnswer(DeliveryAnswer):
    """A delivery with what is sent and the log of its attempts."""

    body: dict[str, Any] = Field(description="The CloudEvents envelope that is sent.")
    attempts: list[AttemptAnswer] = Field(description="The last 50, oldest first.")

    @classmethod
    def whole(cls, delivery: Delivery) -> Self:
        """Return the answer that shows all of a delivery."""
        return cls.of(
            delivery,
            body=json.loads(delivery.body),
            attempts=[AttemptAnswer.of(attempt) for attempt in delivery.attempts],
        )


class DeliveryPage(BaseModel):
    """Some deliveries, newest first."""

    items: list[DeliveryAnswer]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class ListQuery(_Request):
    """How to list."""

    limit: int = Field(default=20, ge=1, le=100, description="At most how many.")
    cursor: str | None = Field(default=None, max_length=1024, description="`next_cursor` of the page before.")
