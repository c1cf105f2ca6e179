"""The requests and answers of webhooks and deliveries."""

import json
from datetime import datetime
from typing import Annotated, Any, Self, TypedDict

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, with_config
from pydantic_core import PydanticCustomError

from functions.shared.http.lists import PageAnswer
from functions.webhooks.deliveries import Attempt, Delivery, Failure, State
from functions.webhooks.domain import EVENT_TYPES_AT_MOST, EVERY_EVENT, Reason, Webhook
from functions.webhooks.targets import URL_CHARACTERS


def _without_overlaps(event_types: tuple[str, ...]) -> tuple[str, ...]:
    if EVERY_EVENT in event_types and len(event_types) > 1:
        raise PydanticCustomError("event_types", 'Expected only "*", or event types without it.')
    return tuple(dict.fromkeys(event_types))


EventType = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
EventTypes = Annotated[
    tuple[EventType, ...],
    Field(
        min_length=1,
        max_length=EVENT_TYPES_AT_MOST,
        description='The events to send: `"*"` for all that you may read, `"users/*"` for all of a service, or types '
        'such as `"users/UserCreated.v1"`. Members are sent only their own events. A machine client needs the scope '
        "`<service>/read` of each service, and `*` becomes the services of its scopes.",
        examples=[["users/UserCreated.v1", "users/UserDeactivated.v1"]],
    ),
    AfterValidator(_without_overlaps),
]
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=URL_CHARACTERS,
        description="The URL of the receiver: HTTPS, on port 443 or 8443 of a public address.",
        examples=["https://receiver.example.com/events"],
    ),
]
Description = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]

# The names in the OpenAPI document, in which every service has names of its own.
type DisabledReason = Reason
type DeliveryState = State
type AttemptFailure = Failure


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewWebhook(_Request):
    """A webhook to create."""

    url: Url
    event_types: EventTypes
    description: Description | None = Field(default=None, description="The purpose of the webhook.")


# A dictionary of the given fields only. The fields of a model would have defaults, which generated clients send.
@with_config(ConfigDict(extra="forbid"))
class WebhookChanges(TypedDict, total=False):
    """The changes of a webhook; omitted members stay as they are."""

    url: Url
    event_types: EventTypes
    description: Annotated[Description | None, Field(description="The purpose of the webhook; null removes it.")]
    enabled: Annotated[bool, Field(strict=True, description="false stops deliveries; true also clears the failures.")]


class WebhookAnswer(BaseModel):
    """A webhook."""

    id: str = Field(examples=["01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    owner: str = Field(description="The subject who created the webhook.")
    sees_all: bool = Field(
        description="true: the events of all owners are sent; false: only those of the webhook's owner."
    )
    url: str
    event_types: tuple[str, ...]
    description: str | None
    enabled: bool
    disabled_because: DisabledReason | None = Field(
        description="Why the service disabled the webhook: the receiver failed for days, or answered 410 Gone."
    )
    failing_since: datetime | None = Field(description="The first failure since the last success.")
    version: int = Field(description="Starts at 1, and each change adds 1; also in ETag.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, webhook: Webhook, **more: Any) -> Self:  # noqa: ANN401 - the fields of subclasses
        """Return the answer for a webhook."""
        shown = {name: getattr(webhook, name) for name in WebhookAnswer.model_fields if name != "id"}
        return cls(id=webhook.webhook_id, **shown, **more)


_SECRET = Field(description="Signs the deliveries, as in the Standard Webhooks. Shown only once.", examples=["whsec_…"])


class NewWebhookAnswer(WebhookAnswer):
    """A webhook and its secret."""

    secret: str = _SECRET


class SecretAnswer(BaseModel):
    """A new secret; earlier secrets also sign until `previous_valid_until`."""

    secret: str = _SECRET
    previous_valid_until: datetime


class WebhookPage(PageAnswer[WebhookAnswer]):
    """A page of webhooks, oldest first."""


class AttemptAnswer(BaseModel):
    """One request to the receiver."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None = Field(description="The HTTP status; null without an answer.")
    failure: AttemptFailure | None = Field(
        description="Null after a success. Otherwise `dns`, `refused-target` (the name leads to an address that is not "
        "public), `connect`, `tls`, `timeout`, `protocol`, `redirect` (none is followed), or `status`."
    )

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """Return the answer for an attempt."""
        return cls(**{name: getattr(attempt, name) for name in cls.model_fields})


class DeliveryAnswer(BaseModel):
    """The delivery of an event to the receiver."""

    id: str = Field(description="The event's id, and the header `webhook-id`.")
    event_type: str = Field(examples=["users/UserCreated.v1"])
    subject: str = Field(
        description="The resource of the event.", examples=["users/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"]
    )
    state: DeliveryState = Field(
        description="`pending` until it is `delivered` or, after the last failed attempt, `exhausted`; `cancelled` "
        "if the webhook was disabled, or its owner deactivated, before."
    )
    is_test: bool
    attempts_made: int
    next_attempt_at: datetime | None = Field(
        description="The earliest time of the next attempt; null unless the delivery is pending."
    )
    created_at: datetime

    @classmethod
    def of(cls, delivery: Delivery, **more: Any) -> Self:  # noqa: ANN401 - the fields of subclasses
        """Return the answer for a delivery."""
        next_attempt_at = delivery.due_at if delivery.state == "pending" else None
        names = DeliveryAnswer.model_fields.keys() - {"id", "next_attempt_at"}
        shown = {name: getattr(delivery, name) for name in names}
        return cls(id=delivery.delivery_id, next_attempt_at=next_attempt_at, **shown, **more)


class WholeDeliveryAnswer(DeliveryAnswer):
    """A delivery with its body and the log of its attempts."""

    body: dict[str, Any] = Field(description="The CloudEvents envelope that is sent.")
    attempts: list[AttemptAnswer] = Field(description="The last 50 attempts, oldest first.")

    @classmethod
    def whole(cls, delivery: Delivery) -> Self:
        """Return the answer for a delivery with its body and attempts."""
        return cls.of(
            delivery,
            body=json.loads(delivery.body),
            attempts=[AttemptAnswer.of(attempt) for attempt in delivery.attempts],
        )


class DeliveryPage(PageAnswer[DeliveryAnswer]):
    """A page of deliveries, newest first."""
