"""HTTP to the use cases of webhooks, and back."""

from typing import Annotated

from fastapi import Depends, Header, Query, Response, status

from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.http.bodies import json_only
from functions.shared.http.cursors import Cursors
from functions.shared.http.preconditions import entity_tag, is_unchanged, required_versions_in, versions_in
from functions.shared.problems import documented
from functions.webhooks.domain import Wish
from functions.webhooks.reading import reader_of
from functions.webhooks.schemas import (
    DeliveryAnswer,
    DeliveryPage,
    ListQuery,
    NewWebhook,
    NewWebhookAnswer,
    SecretAnswer,
    WebhookAnswer,
    WebhookChanges,
    WebhookPage,
    WholeDeliveryAnswer,
)
from functions.webhooks.service import WebhookService
from functions.webhooks.wiring import delivery_cursors, webhook_cursors, webhook_service

router = guarded_router("webhooks")

Service = Annotated[WebhookService, Depends(webhook_service)]
IfMatch = Annotated[str | None, Header(description="The ETag of the webhook as you have seen it.", examples=['"3"'])]
IfNoneMatch = Annotated[str | None, Header(description="An ETag that you have already.", examples=['"3"'])]
_ETAG = {"ETag": {"description": "The version of the webhook.", "schema": {"type": "string"}}}
_LOCATION = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    dependencies=[json_only],
    responses={201: {"headers": {**_LOCATION, **_ETAG}}, **documented(400, 409, 413, 415, 422, 503)},
)
@access(member="own")
async def create_webhook(body: NewWebhook, response: Response, service: Service, caller: CallerOf) -> NewWebhookAnswer:
    """Subscribe to events.

    Each event is sent as a POST of its CloudEvents envelope, signed by the [Standard
    Webhooks](https://www.standardwebhooks.com) with the secret that this answer shows, once. Answer 2xx within ten
    seconds. Anything else, a redirect included, is tried again, for three and a half days; `Retry-After` is honoured,
    410 ends it.

    A delivery may come twice, and in any order: `webhook-id` tells what you have seen, the envelope's `sequence` which
    of two events of a subject is newer.

    You are sent what you may read: members their own events, machine clients those of the services for which their
    token has the scope `<service>/read`. Members can name events that say whose they are: those whose data may have an
    `owner`.
    """
    webhook, secret = service.create(
        Wish(url=body.url, event_types=body.event_types, description=body.description),
        reader=reader_of(caller),
    )
    response.headers["Location"] = f"/webhooks/{webhook.webhook_id}"
    response.headers["ETag"] = entity_tag(webhook.version)
    # Nobody on the way keeps what is shown once.
    response.headers["Cache-Control"] = "no-store"
    return NewWebhookAnswer.of(webhook, secret=secret)


@router.get("", responses=documented(400, 422, 503))
@access(member="own")
async def list_webhooks(
    query: Annotated[ListQuery, Query()],
    service: Service,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(webhook_cursors)],
) -> WebhookPage:
    """List webhooks, oldest first: members their own, admins everybody's."""
    filters = {"owner": caller.restricted_to}
    after = cursors.open(query.cursor, query=filters) if query.cursor is not None else None
    page = service.list_page(reader=reader_of(caller), limit=query.limit, after=after)
    next_cursor = cursors.seal(page.next_position, query=filters) if page.next_position else None
    return WebhookPage(items=[WebhookAnswer.of(webhook) for webhook in page.items], next_cursor=next_cursor)


@router.get(
    "/{webhook_id}",
    response_model=WebhookAnswer,
    responses={200: {"headers": _ETAG}, 304: {"description": "You have it already."}, **documented(404, 503)},
)
@access(member="own")
async def get_webhook(
    webhook_id: str, response: Response, service: Service, caller: CallerOf, if_none_match: IfNoneMatch = None
) -> WebhookAnswer | Response:
    """Get a webhook; its secret is not shown again."""
    webhook = service.get(webhook_id, reader=reader_of(caller))
    response.headers["ETag"] = entity_tag(webhook.version)
    if is_unchanged(if_none_match, version=webhook.version):
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
    service: Service,
    caller: CallerOf,
    if_match: IfMatch = None,
) -> WebhookAnswer:
    """Change some of a webhook. `If-Match` is required, so that nobody overwrites what they have not seen.

    Who may no longer read all that it is sent can still disable or delete it.
    """
    versions = required_versions_in(if_match)
    webhook = service.change(webhook_id, body.to_domain(), versions=versions, reader=reader_of(caller))
    response.headers["ETag"] = entity_tag(webhook.version)
    return WebhookAnswer.of(webhook)


@router.delete(
    "/{webhook_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=documented(400, 404, 412, 503),
)
@access(member="own")
async def delete_webhook(webhook_id: str, service: Service, caller: CallerOf, if_match: IfMatch = None) -> None:
    """Delete a webhook. What waits to be delivered to it is dropped."""
    service.delete(webhook_id, versions=versions_in(if_match), reader=reader_of(caller))


@router.post("/{webhook_id}/secret", responses=documented(404, 503))
@access(member="own")
async def rotate_secret(webhook_id: str, response: Response, service: Service, caller: CallerOf) -> SecretAnswer:
    """Make a new secret. Both sign each delivery for a day, so that a receiver can change over without a gap."""
    webhook, secret = service.rotate(webhook_id, reader=reader_of(caller))
    response.headers["Cache-Control"] = "no-store"
    until = webhook.secrets[1].valid_until or webhook.updated_at
    return SecretAnswer(secret=secret, previous_valid_until=until)


@router.post(
    "/{webhook_id}/test",
    status_code=status.HTTP_202_ACCEPTED,
    responses={202: {"headers": _LOCATION}, **documented(404, 503)},
)
@access(member="own")
async def test_webhook(webhook_id: str, response: Response, service: Service, caller: CallerOf) -> DeliveryAnswer:
    """Have a test event delivered, once, even where the webhook is disabled. Its delivery says what came of it.

    A success ends `failing_since`; a failure is not held against the receiver.
    """
    delivery = service.test(webhook_id, reader=reader_of(caller))
    response.headers["Location"] = f"/webhooks/{webhook_id}/deliveries/{delivery.delivery_id}"
    return DeliveryAnswer.of(delivery)


@router.get("/{webhook_id}/deliveries", responses=documented(400, 404, 422, 503))
@access(member="own")
async def list_deliveries(
    webhook_id: str,
    query: Annotated[ListQuery, Query()],
    service: Service,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(delivery_cursors)],
) -> DeliveryPage:
    """List the deliveries of a webhook, newest first. They are kept for 30 days."""
    filters = {"webhook_id": webhook_id}
    after = cursors.open(query.cursor, query=filters) if query.cursor is not None else None
    page = service.list_deliveries(webhook_id, limit=query.limit, after=after, reader=reader_of(caller))
    next_cursor = cursors.seal(page.next_position, query=filters) if page.next_position else None
    return DeliveryPage(items=[DeliveryAnswer.of(delivery) for delivery in page.items], next_cursor=next_cursor)


@router.get("/{webhook_id}/deliveries/{delivery_id}", responses=documented(404, 503))
@access(member="own")
async def get_delivery(webhook_id: str, delivery_id: str, service: Service, caller: CallerOf) -> WholeDeliveryAnswer:
    """Get a delivery with the log of its attempts."""
    return WholeDeliveryAnswer.whole(service.get_delivery(webhook_id, delivery_id, reader=reader_of(caller)))


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=status.HTTP_202_ACCEPTED,
    responses=documented(404, 409, 503),
)
@access(member="own")
async def redeliver(webhook_id: str, delivery_id: str, service: Service, caller: CallerOf) -> DeliveryAnswer:
    """Have a delivery made again, now, whatever came of it; where it fails, its retries begin anew."""
    return DeliveryAnswer.of(service.redeliver(webhook_id, delivery_id, reader=reader_of(caller)))
