"""What can go wrong with webhooks, beyond what can go wrong anywhere (`functions/shared/errors.py`)."""

from collections.abc import Sequence

from functions.shared.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound, PreconditionFailed


class WebhookNotFound(NotFound):
    slug = "webhook-not-found"
    title = "There is no such webhook"

    def __init__(self) -> None:
        super().__init__("No webhook of yours has this id.")


class DeliveryNotFound(NotFound):
    slug = "delivery-not-found"
    title = "There is no such delivery"

    def __init__(self) -> None:
        super().__init__("The webhook has no delivery with this id; deliveries are kept for 30 days.")


class StaleVersion(PreconditionFailed):
    slug = "stale-version"
    title = "The webhook has changed since"

    def __init__(self) -> None:
        super().__init__("The webhook is not at the version named in If-Match. Get it again and repeat the change.")


class WebhookDisabled(Conflict):
    slug = "webhook-disabled"
    title = "The webhook is disabled"

    def __init__(self) -> None:
        super().__init__("The webhook is disabled. Enable it first.")


class EventsNotReadable(Forbidden):
    """The webhook is sent, or would be, what the caller may not read."""

    slug = "events-not-readable"
    title = "You may not read these events"

    def __init__(self, detail: str, *, scopes: Sequence[str] = ()) -> None:
        super().__init__(detail, scope=" ".join(scopes))


class TooManyWebhooks(Conflict):
    slug = "too-many-webhooks"
    title = "There are too many webhooks"

    def __init__(self, at_most: int) -> None:
        super().__init__(f"You have {at_most} webhooks, as many as you can have. Delete one first.")


class RefusedTarget(InvalidRequest):
    """The URL leads to where no webhook may go."""

    slug = "refused-target"
    title = "The URL is no target for a webhook"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, fields=[FieldError(field="body.url", detail=reason)])


class NobodysEvents(InvalidRequest):
    """Who is sent their own events alone would never be sent these."""

    slug = "nobodys-events"
    title = "These events belong to nobody"

    def __init__(self, nobodys: list[str]) -> None:
        detail = (
            f"{', '.join(nobodys)}: such events do not say whose they are, and are sent to administrators and machine"
            " clients alone. Members are sent their own events."
        )
        super().__init__(detail, fields=[FieldError(field="body.event_types", detail=detail)])


class UnknownEventType(InvalidRequest):
    slug = "unknown-event-type"
    title = "There is no such event"

    def __init__(self, unknown: list[str]) -> None:
        detail = f"No event is called {', '.join(unknown)}."
        super().__init__(detail, fields=[FieldError(field="body.event_types", detail=detail)])
