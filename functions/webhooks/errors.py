"""The errors that the API of webhooks answers, in addition to those of every service (`functions/shared/errors.py`)."""

from collections.abc import Sequence

from functions.shared.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound, StaleVersion


class WebhookNotFound(NotFound):
    slug = "webhook-not-found"
    title = "There is no such webhook"

    def __init__(self) -> None:
        super().__init__("You have no webhook with this id.")


class DeliveryNotFound(NotFound):
    slug = "delivery-not-found"
    title = "There is no such delivery"

    def __init__(self) -> None:
        super().__init__("The webhook has no delivery with this id; deliveries are kept for 30 days.")


class StaleWebhook(StaleVersion):
    title = "The webhook has changed"

    def __init__(self) -> None:
        super().__init__("The webhook is not at the version named in If-Match. Get it again and repeat the change.")


class WebhookDisabled(Conflict):
    slug = "webhook-disabled"
    title = "The webhook is disabled"

    def __init__(self) -> None:
        super().__init__("The webhook is disabled. Enable it first.")


class EventsNotReadable(Forbidden):
    """The caller may not read the events that the webhook is sent, or would be sent."""

    slug = "events-not-readable"
    title = "You may not read these events"

    def __init__(self, detail: str, *, scopes: Sequence[str] = ()) -> None:
        super().__init__(detail, scope=" ".join(scopes))


class TooManyWebhooks(Conflict):
    slug = "too-many-webhooks"
    title = "There are too many webhooks"

    def __init__(self, at_most: int) -> None:
        super().__init__(f"You have {at_most} webhooks, the most that you can have. Delete one first.")


class RefusedTarget(InvalidRequest):
    """The URL is malformed, or leads to an address that is not public."""

    slug = "refused-target"
    title = "The URL cannot be the target of a webhook"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, fields=[FieldError(field="body.url", detail=reason)])


class EventsWithoutOwner(InvalidRequest):
    """The webhook is sent only the events of its owner, and these events have no owner."""

    slug = "nobodys-events"
    title = "These events have no owner"

    def __init__(self, event_types: list[str]) -> None:
        detail = (
            f"{', '.join(event_types)}: these events have no owner, and are sent only to administrators and machine"
            " clients. Members are sent their own events."
        )
        super().__init__(detail, fields=[FieldError(field="body.event_types", detail=detail)])


class UnknownEventType(InvalidRequest):
    slug = "unknown-event-type"
    title = "There is no such event"

    def __init__(self, unknown: list[str]) -> None:
        detail = f"No event is called {', '.join(unknown)}."
        super().__init__(detail, fields=[FieldError(field="body.event_types", detail=detail)])
