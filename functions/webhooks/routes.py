"""The HTTP routes of webhooks."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Query, Response, status

from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.http.bodies import json_only
from functions.shared.http.cursors import Cursors
from functions.shared.http.lists import PageQuery, paged
from functions.shared.http.preconditions import entity_tag, is_unchanged, required_versions_in, versions_in
from functions.shared.problems import documented
from functions.webhooks.delivery_service import DeliveryService
from functions.webhooks.domain import Subscription
from functions.webhooks.event_access import event_access_of
from functions.webhooks.schemas import (
    DeliveryAnswer,
    DeliveryPage,
    NewWebhook,
    NewWebhookAnswer,
    SecretAnswer,
    WebhookAnswer,
    WebhookChanges,
    WebhookPage,
    WholeDeliveryAnswer,
)
from functions.webhooks.service import WebhookService
from functions.webhooks.wiring import delivery_cursors, delivery_service, webhook_cursors, webhook_service

router = guarded_router("webhooks")

Webhooks = Annotated[WebhookService, Depends(webhook_service)]
Deliveries = Annotated[DeliveryService, Depends(delivery_service)]
IfMatch = Annotated[str | None, Header(description="The ETag of the webhook that you have read.", examples=['"3"'])]
IfNoneMatch = Annotated[str | None, Header(description="An ETag that you have already.", examples=['"3"'])]
_ETAG = {"ETag": {"description": "The version of the webhook.", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "The path of the new resource.", "schema": {"type": "string"}}}


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    dependencies=[json_only],
    responses={201: {"headers": {**_LOCATION, **_ETAG}}, **documented(400, 409, 413, 415, 422, 503)},
)
@access(member="own")
async def create_webhook(
    body: NewWebhook, response: Response, webhooks: Webhooks, caller: CallerOf
) -> NewWebhookAnswer:
    """Subscribe to events.

    Each event is sent as a POST of its CloudEvents envelope, signed as in the [Standard
    Webhooks](https://www.standardwebhooks.com) with the secret that only this answer shows. Answer 2xx within ten
    seconds. Any other answer, also a redirect, is retried for three and a half days; `Retry-After` is honoured, and 410
    disables the webhook.

    Deliveries can be duplicate and in any order: `webhook-id` identifies an event, and of two events of a subject the
    one with the higher `sequence` in its envelope is newer.

    You are sent the events that you may read: members their own events, machine clients the events of the services for
    which their token has the scope `<service>/read`. Members can only name event types with an `owner` in their data.
    """
    webhook, secret = webhooks.create(
        Subscription(url=body.url, event_types=body.event_types, description=body.description),
        access=event_access_of(caller),
    )
    response.headers["Location"] = f"/webhooks/{webhook.webhook_id}"
    response.headers["ETag"] = entity_tag(webhook.version)
    return NewWebhookAnswer.of(webhook, secret=secret)


@router.get("", responses=documented(400, 422, 503))
@access(member="own")
async def list_webhooks(
    query: Annotated[PageQuery, Query()],
    webhooks: Webhooks,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(webhook_cursors)],
) -> WebhookPage:
    """List your webhooks, or as an administrator all webhooks, oldest first."""
    filters = {"owner": caller.restricted_to}
    list_page = partial(webhooks.list_page, access=event_access_of(caller))
    return paged(list_page, query, cursors, filters=filters, into=WebhookPage, item=WebhookAnswer.of)


@router.get(
    "/{webhook_id}",
    response_model=WebhookAnswer,
    responses={200: {"headers": _ETAG}, 304: {"description": "Unchanged."}, **documented(404, 503)},
)
@access(member="own")
async def get_webhook(
    webhook_id: str, response: Response, webhooks: Webhooks, caller: CallerOf, if_none_match: IfNoneMatch = None
) -> WebhookAnswer | Response:
    """Get a webhook; its secret is not shown again."""
    webhook = webhooks.get(webhook_id, access=event_access_of(caller))
    response.headers["ETag"] = entity_tag(webhook.version)
    if webhook.failing_since is not None:
        # Deliveries change this without a new version, so no client may keep the answer.
        response.headers["Cache-Control"] = "no-store"
    elif is_unchanged(if_none_match, version=webhook.version):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=dict(response.headers))
    return WebhookAnswer.of(webhook)


@router.patch(
    "/{webhook_id}",
    dependencies=[json_only],
    responses={200: {"headers": _ETAG}, **documented(400, 404, 412, 413, 415, 422, 428, 503)},
)
@access(member="own")
async def change_webhook(
    *,
    webhook_id: str,
    body: WebhookChanges,
    response: Response,
    webhooks: Webhooks,
    caller: CallerOf,
    if_match: IfMatch = None,
) -> WebhookAnswer:
    """Change a webhook. `If-Match` is required, so that no change overwrites another one unseen.

    If you may no longer read all events of the webhook, you can still disable or delete it.
    """
    versions = required_versions_in(if_match)
    webhook = webhooks.change(webhook_id, body, versions=versions, access=event_access_of(caller))
    response.headers["ETag"] = entity_tag(webhook.version)
    return WebhookAnswer.of(webhook)


@router.delete(
    "/{webhook_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=documented(400, 404, 412, 503),
)
@access(member="own")
async def delete_webhook(webhook_id: str, webhooks: Webhooks, caller: CallerOf, if_match: IfMatch = None) -> None:
    """Delete a webhook. Its pending deliveries are dropped."""
    webhooks.delete(webhook_id, versions=versions_in(if_match), access=event_access_of(caller))


@router.post("/{webhook_id}/secret", responses=documented(404, 503))
@access(member="own")
async def rotate_secret(webhook_id: str, webhooks: Webhooks, caller: CallerOf) -> SecretAnswer:
    """Create a new secret. Both secrets sign each delivery for a day, so that the receiver can switch."""
    webhook, secret = webhooks.rotate(webhook_id, access=event_access_of(caller))
    until = webhook.secrets[1].valid_until or webhook.updated_at
    return SecretAnswer(secret=secret, previous_valid_until=until)


@router.post(
    "/{webhook_id}/test",
    status_code=status.HTTP_202_ACCEPTED,
    responses={202: {"headers": _LOCATION}, **documented(404, 503)},
)
@access(member="own")
async def test_webhook(webhook_id: str, response: Response, deliveries: Deliveries, caller: CallerOf) -> DeliveryAnswer:
    """Deliver a test event with one attempt, even if the webhook is disabled. The delivery shows the result.

    A success clears `failing_since`; a failure does not count against the receiver.
    """
    delivery = deliveries.test(webhook_id, access=event_access_of(caller))
    response.headers["Location"] = f"/webhooks/{webhook_id}/deliveries/{delivery.delivery_id}"
    return DeliveryAnswer.of(delivery)


@router.get("/{webhook_id}/deliveries", responses=documented(400, 404, 422, 503))
@access(member="own")
async def list_deliveries(
    webhook_id: str,
    query: Annotated[PageQuery, Query()],
    deliveries: Deliveries,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(delivery_cursors)],
) -> DeliveryPage:
    """List the deliveries of a webhook, newest first. They are kept for 30 days."""
    filters = {"webhook_id": webhook_id}
    list_page = partial(deliveries.list_page, webhook_id, access=event_access_of(caller))
    return paged(list_page, query, cursors, filters=filters, into=DeliveryPage, item=DeliveryAnswer.of)


@router.get("/{webhook_id}/deliveries/{delivery_id}", responses=documented(404, 503))
@access(member="own")
async def get_delivery(
    webhook_id: str, delivery_id: str, deliveries: Deliveries, caller: CallerOf
) -> WholeDeliveryAnswer:
    """Get a delivery with the log of its attempts."""
    return WholeDeliveryAnswer.whole(deliveries.get(webhook_id, delivery_id, access=event_access_of(caller)))


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=status.HTTP_202_ACCEPTED,
    responses=documented(404, 409, 503),
)
@access(member="own")
async def redeliver(webhook_id: str, delivery_id: str, deliveries: Deliveries, caller: CallerOf) -> DeliveryAnswer:
    """Deliver an event again, now, in any state of the delivery; if that fails, the retries start again."""
    return DeliveryAnswer.of(deliveries.redeliver(webhook_id, delivery_id, access=event_access_of(caller)))
