"""Requests of users from the first to the last step; each journey returns whether it succeeded.

A journey gives up after `PATIENCE_S`: a test also expects it to fail, and a step that never happens has no other sign.
"""

import io
import ssl
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image

from tests.e2e.exporting import Exporting, objects_of
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import comes_true
from tests.webhooks.receiver import receiving

PATIENCE_S = 8


def in_time(look: Callable[[], object]) -> bool:
    return comes_true(look, within_s=PATIENCE_S)


def new_email() -> str:
    return f"{uuid4().hex}@example.com"


def creates(platform: PlatformUnderTest) -> bool:
    return platform.gateway.post("/users", json={"email": new_email()}).status_code == 201


def gets(platform: PlatformUnderTest) -> bool:
    # No user has this id: an allowed read answers 404, a refused one 500.
    return platform.gateway.get("/users/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10").status_code == 404


def creates_idempotently(platform: PlatformUnderTest) -> bool:
    headers = {"Idempotency-Key": uuid4().hex}
    return platform.gateway.post("/users", json={"email": new_email()}, headers=headers).status_code == 201


def moves_to_another_address(platform: PlatformUnderTest) -> bool:
    created = platform.gateway.post("/users", json={"email": new_email()})
    change = {"email": new_email()}
    return (
        platform.gateway.patch(created.headers["Location"], json=change, headers={"If-Match": "*"}).status_code == 200
    )


def takes_over_an_account(platform: PlatformUnderTest) -> bool:
    """Sign in as a person after an administrator has created an account for the person's address."""
    email, password = new_email(), f"{uuid4().hex}-aA1"
    platform.gateway.post("/users", json={"email": email})
    pool, cognito = platform.output("platform-local-identity", "UserPoolId"), platform.aws("cognito-idp")
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    person = {"UserPoolId": pool, "Username": email}
    cognito.admin_create_user(**person, UserAttributes=attributes, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**person, Password=password, Permanent=True)
    cognito.admin_add_user_to_group(**person, GroupName="member")
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=platform.output("platform-local-identity", "OperatorClientId"),
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    headers = {"Authorization": f"Bearer {signed_in['AuthenticationResult']['AccessToken']}"}
    return platform.client(None).get("/users/me", headers=headers).status_code == 200


def lists(platform: PlatformUnderTest) -> bool:
    return platform.gateway.get("/users", params={"limit": "1"}).status_code == 200


def lists_activity(platform: PlatformUnderTest) -> bool:
    return platform.gateway.get("/activity", params={"subject": "users/unknown"}).status_code == 200


def gets_latest(platform: PlatformUnderTest) -> bool:
    # The subject has no entries: an allowed read answers 404, a refused one 500.
    return platform.gateway.get("/activity/latest", params={"subject": "users/unknown"}).status_code == 404


def event_arrives(platform: PlatformUnderTest) -> bool:
    created = platform.gateway.post("/users", json={"email": new_email()})
    return in_time(lambda: platform.activity(f"users/{created.json()['id']}"))


# No process listens on port 9, the discard service; the failed connection is an attempt.
SUBSCRIPTION = {"url": "http://localhost:9/", "event_types": ["users/UserCreated.v1"]}


def subscribes_and_unsubscribes(platform: PlatformUnderTest) -> bool:
    made = platform.gateway.post("/webhooks", json=SUBSCRIPTION)
    return made.status_code == 201 and platform.gateway.delete(made.headers["Location"]).status_code == 204


def changes_a_webhook(platform: PlatformUnderTest) -> bool:
    made = platform.gateway.post("/webhooks", json=SUBSCRIPTION).headers.get("Location")
    changed = platform.gateway.patch(str(made), json={"description": "CRM"}, headers={"If-Match": "*"})
    platform.gateway.delete(str(made))
    return changed.status_code == 200


def lists_webhooks(platform: PlatformUnderTest) -> bool:
    return platform.gateway.get("/webhooks", params={"limit": "1"}).status_code == 200


def attempt_is_made(platform: PlatformUnderTest) -> bool:
    """Request a test delivery and publish an event, until an attempt is made and the webhook counts as failing."""
    webhook = platform.gateway.post("/webhooks", json=SUBSCRIPTION).headers.get("Location")
    tested = platform.gateway.post(f"{webhook}/test")
    platform.gateway.post("/users", json={"email": new_email()})

    def is_made() -> bool:
        answer = platform.gateway.get(tested.headers.get("Location", "/webhooks/nothing"))
        failing = platform.gateway.get(str(webhook)).json().get("failing_since")
        return answer.status_code == 200 and bool(answer.json()["attempts_made"] and failing)

    return in_time(is_made)


def is_disabled_when_gone(platform: PlatformUnderTest) -> bool:
    with receiving() as receiver:
        receiver.answer = lambda _: (410, {})
        webhook = platform.gateway.post("/webhooks", json=SUBSCRIPTION | {"url": receiver.url}).headers["Location"]
        platform.gateway.post("/users", json={"email": new_email()})
        return in_time(lambda: platform.gateway.get(webhook).json()["disabled_because"] == "gone")


def accepts_an_upload(platform: PlatformUnderTest) -> bool:
    return file_with(platform, b"a,b\n", "text/csv", lambda file: file["state"] == "available") is not None


def downloads(platform: PlatformUnderTest) -> bool:
    file = file_with(platform, b"a,b\n", "text/csv", lambda file: file["state"] == "available")
    return file is not None and without_a_token(platform, "GET", file["download"]["url"]).status_code == 200


def shows_a_thumbnail(platform: PlatformUnderTest) -> bool:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")
    file = file_with(platform, content.getvalue(), "image/png", lambda file: file["thumbnail"] == "available")
    return file is not None and without_a_token(platform, "GET", file["thumbnail_link"]["url"]).status_code == 200


def clears_what_is_inspected(platform: PlatformUnderTest) -> bool:
    file = file_with(platform, b"a,b\n", "text/csv", lambda file: file["state"] == "available")
    return file is not None and in_time(lambda: not keys_below(platform, f"incoming/{file['id']}/"))


def deletes_a_file(platform: PlatformUnderTest) -> bool:
    file = file_with(platform, b"a,b\n", "text/csv", lambda file: file["state"] == "available")
    if file is None or platform.gateway.delete(f"/files/{file['id']}").status_code != 204:
        return False
    return in_time(lambda: not keys_below(platform, f"files/{file['id']}/"))


def imports_a_row(platform: PlatformUnderTest) -> bool:
    """Import one valid and one invalid row, and download the list of rejects."""
    content = f"email,name\n{new_email()},Ada\nno-address,Nameless\n".encode()
    file = file_with(platform, content, "text/csv", lambda file: file["state"] == "available")
    found: list[Any] = []

    def is_accepted() -> bool:
        body = {"file_id": file["id"], "target": "users"}
        found.append(platform.gateway.post("/imports", json=body))
        return bool(found[-1].status_code == 202)

    def is_completed() -> bool:
        found.append(platform.gateway.get(found[0].headers["Location"]).json())
        return bool(found[-1].get("status") == "completed")

    if file is None or not in_time(is_accepted):
        return False
    found = found[-1:]
    if not in_time(is_completed):
        return False
    assert (found[-1]["rows_written"], found[-1]["rows_rejected"]) == (1, 1)
    return without_a_token(platform, "GET", found[-1]["rejects_url"]).status_code == 200


def cancels_an_import(platform: PlatformUnderTest) -> bool:
    # No import has this id: an allowed read answers 404, a refused one 500.
    return platform.gateway.post("/imports/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10/cancel").status_code == 404


def lists_imports(platform: PlatformUnderTest) -> bool:
    return platform.gateway.get("/imports", params={"limit": "1"}).status_code == 200


def lists_versions(platform: PlatformUnderTest) -> bool:
    made = platform.gateway.post("/files", json={"name": "x.csv", "content_type": "text/csv", "size_bytes": 4})
    return platform.gateway.get(f"/files/{made.json()['id']}/versions").status_code == 200


def file_with(platform: PlatformUnderTest, content: bytes, content_type: str, fits: Callable[[Any], bool]) -> Any:
    """Upload a file; return it as soon as it fits, or None if it does not in time."""
    body = {"name": "x", "content_type": content_type, "size_bytes": len(content)}
    made = platform.gateway.post("/files", json=body).raise_for_status().json()
    form = made["upload"]
    without_a_token(platform, "POST", form["url"], data=form["fields"], files={"file": ("x", content)})
    seen: list[Any] = []

    def look() -> bool:
        seen.append(platform.gateway.get(f"/files/{made['id']}").json())
        return fits(seen[-1])

    return seen[-1] if in_time(look) else None


def keys_below(platform: PlatformUnderTest, prefix: str) -> list[str]:
    bucket = platform.output("platform-local-files", "BucketName")
    found = platform.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for item in found.get("Contents", [])]


def without_a_token(platform: PlatformUnderTest, method: str, url: str, **more: Any) -> httpx.Response:
    """Send a signed request."""
    trusted = ssl.create_default_context(cafile=platform.described["ca_file"])
    with httpx.Client(verify=trusted, timeout=120) as client:
        return client.request(method, url, **more)


def exports_their_account(platform: PlatformUnderTest) -> bool:
    """Export a member's account; this takes the same time with any number of users."""
    # The first call creates the account. Without it, the export has no part to join.
    platform.client("member").get("/users/me").raise_for_status()
    exporting = Exporting(platform, caller="member")
    try:
        ended = exporting.ended(exporting.start("users"), within_s=PATIENCE_S)
        return exporting.download(ended).status_code == httpx.codes.OK
    except AssertionError:
        return False
    finally:
        exporting.close()


def clears_the_parts_of_an_export(platform: PlatformUnderTest) -> bool:
    """Export a member's account until only the object for the download is left."""
    exporting = Exporting(platform, caller="member")
    try:
        location = exporting.start("users")
        key = f"exports/{location.rpartition('/')[2]}.ndjson"
        return in_time(lambda: objects_of(platform, location) == [key])
    except AssertionError:
        return False
    finally:
        exporting.close()
