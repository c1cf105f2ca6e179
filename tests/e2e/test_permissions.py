"""IAM is enforced, and each role holds what its function needs and no more.

Each test takes one action out of a role and sees the function fail for want of it: an action without which nothing
fails would be one too many, and a role that is not looked at would let everything through.
"""

import io
import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from tests.e2e.exporting import clears_the_parts_of_an_export, exports_their_account
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually
from tests.webhooks.receiver import receiving

type Journey = Callable[[PlatformUnderTest], bool]


def new_email() -> str:
    return f"{uuid4().hex}@example.com"


def creates(platform: PlatformUnderTest) -> bool:
    return platform.gateway.post("/users", json={"email": new_email()}).status_code == 201


def gets(platform: PlatformUnderTest) -> bool:
    # Nobody has this id: an allowed read answers 404, a refused one 500.
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
    """Have somebody sign in for whose address an administrator has made an account."""
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
    return platform.gateway.get("/activity", params={"subject": "users/nobody"}).status_code == 200


def gets_latest(platform: PlatformUnderTest) -> bool:
    # Nothing happened to nobody: an allowed read answers 404, a refused one 500.
    return platform.gateway.get("/activity/latest", params={"subject": "users/nobody"}).status_code == 404


def event_arrives(platform: PlatformUnderTest) -> bool:
    created = platform.gateway.post("/users", json={"email": new_email()})
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        if platform.activity(f"users/{created.json()['id']}"):
            return True
        time.sleep(0.2)
    return False


# Nobody listens on the port of the discard service, and that, too, is an attempt.
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
    """Have a test sent, and an event, and see both tried and the receiver's failing noted."""
    webhook = platform.gateway.post("/webhooks", json=SUBSCRIPTION).headers.get("Location")
    tested = platform.gateway.post(f"{webhook}/test")
    platform.gateway.post("/users", json={"email": new_email()})
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        answer = platform.gateway.get(tested.headers.get("Location", "/webhooks/nothing"))
        failing = platform.gateway.get(str(webhook)).json().get("failing_since")
        if answer.status_code == 200 and answer.json()["attempts_made"] and failing:
            return True
        time.sleep(0.2)
    return False


def is_disabled_when_gone(platform: PlatformUnderTest) -> bool:
    with receiving() as receiver:
        receiver.answer = lambda _: (410, {})
        webhook = platform.gateway.post("/webhooks", json=SUBSCRIPTION | {"url": receiver.url}).headers["Location"]
        platform.gateway.post("/users", json={"email": new_email()})
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline:
            if platform.gateway.get(webhook).json()["disabled_because"] == "gone":
                return True
            time.sleep(0.2)
        return False


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
    return file is not None and comes_true(lambda: not keys_below(platform, f"incoming/{file['id']}/"))


def deletes_a_file(platform: PlatformUnderTest) -> bool:
    file = file_with(platform, b"a,b\n", "text/csv", lambda file: file["state"] == "available")
    if file is None or platform.gateway.delete(f"/files/{file['id']}").status_code != 204:
        return False
    return comes_true(lambda: not keys_below(platform, f"files/{file['id']}/"))


def imports_a_row(platform: PlatformUnderTest) -> bool:
    """Import one row that is good and one that is not, and download the list of rejects."""
    content = f"email,name\n{new_email()},Ada\nnobody,Nobody\n".encode()
    file = file_with(platform, content, "text/csv", lambda file: file["state"] == "available")
    found: list[Any] = []

    def is_accepted() -> bool:
        body = {"file_id": file["id"], "target": "users"}
        found.append(platform.gateway.post("/imports", json=body))
        return bool(found[-1].status_code == 202)

    def is_completed() -> bool:
        found.append(platform.gateway.get(found[0].headers["Location"]).json())
        return bool(found[-1].get("status") == "completed")

    if file is None or not comes_true(is_accepted):
        return False
    found = found[-1:]
    if not comes_true(is_completed):
        return False
    assert (found[-1]["rows_written"], found[-1]["rows_rejected"]) == (1, 1)
    return without_a_token(platform, "GET", found[-1]["rejects_url"]).status_code == 200


def cancels_an_import(platform: PlatformUnderTest) -> bool:
    # Nobody has this id: an allowed read answers 404, a refused one 500.
    return platform.gateway.post("/imports/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10/cancel").status_code == 404


def lists_imports(platform: PlatformUnderTest) -> bool:
    return platform.gateway.get("/imports", params={"limit": "1"}).status_code == 200


def lists_versions(platform: PlatformUnderTest) -> bool:
    made = platform.gateway.post("/files", json={"name": "x.csv", "content_type": "text/csv", "size_bytes": 4})
    return platform.gateway.get(f"/files/{made.json()['id']}/versions").status_code == 200


def file_with(platform: PlatformUnderTest, content: bytes, content_type: str, fits: Callable[[Any], bool]) -> Any:
    """Upload a file; return it once it fits, or None where it does not in time."""
    body = {"name": "x", "content_type": content_type, "size_bytes": len(content)}
    made = platform.gateway.post("/files", json=body).raise_for_status().json()
    form = made["upload"]
    without_a_token(platform, "POST", form["url"], data=form["fields"], files={"file": ("x", content)})
    seen: list[Any] = []

    def look() -> bool:
        seen.append(platform.gateway.get(f"/files/{made['id']}").json())
        return fits(seen[-1])

    return seen[-1] if comes_true(look) else None


def comes_true(look: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        if look():
            return True
        time.sleep(0.2)
    return False


def keys_below(platform: PlatformUnderTest, prefix: str) -> list[str]:
    bucket = platform.output("platform-local-files", "BucketName")
    found = platform.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for item in found.get("Contents", [])]


def without_a_token(platform: PlatformUnderTest, method: str, url: str, **more: Any) -> httpx.Response:
    """Send what is signed already."""
    with httpx.Client(verify=ssl.create_default_context(cafile=platform.described["ca_file"])) as client:
        return client.request(method, url, **more)


@pytest.mark.parametrize(
    ("function", "action", "journey"),
    [
        ("users-api", "dynamodb:PutItem", creates),
        ("users-api", "dynamodb:GetItem", gets),
        ("users-api", "dynamodb:UpdateItem", creates_idempotently),
        ("users-api", "dynamodb:DeleteItem", moves_to_another_address),
        ("users-api", "dynamodb:ConditionCheckItem", takes_over_an_account),
        ("users-api", "dynamodb:Query", lists),
        ("users-relay", "events:PutEvents", event_arrives),
        ("activity-api", "dynamodb:Query", lists_activity),
        ("activity-api", "dynamodb:GetItem", gets_latest),
        ("activity-consumer", "dynamodb:PutItem", event_arrives),
        # What Lambda reads by the role, before the function starts.
        ("activity-consumer", "sqs:ReceiveMessage", event_arrives),
        ("users-relay", "dynamodb:GetRecords", event_arrives),
        ("files-api", "dynamodb:BatchGetItem", lists_versions),
        ("files-api", "dynamodb:DeleteItem", deletes_a_file),
        ("files-api", "s3:PutObject", accepts_an_upload),
        ("files-api", "s3:GetObjectVersion", downloads),
        ("files-api", "s3:GetObject", shows_a_thumbnail),
        ("files-inspector", "s3:GetObjectVersion", accepts_an_upload),
        ("files-inspector", "s3:PutObject", accepts_an_upload),
        ("files-inspector", "s3:GetObject", accepts_an_upload),
        ("files-inspector", "s3:DeleteObjectVersion", clears_what_is_inspected),
        ("files-thumbnails", "s3:GetObjectVersion", shows_a_thumbnail),
        ("files-thumbnails", "s3:PutObject", shows_a_thumbnail),
        ("files-remover", "s3:DeleteObject", deletes_a_file),
        ("imports-api", "dynamodb:GetItem", cancels_an_import),
        ("imports-api", "dynamodb:PutItem", imports_a_row),
        ("imports-api", "dynamodb:Query", lists_imports),
        ("imports-api", "s3:GetObject", imports_a_row),
        ("imports-consumer", "dynamodb:PutItem", imports_a_row),
        ("imports-consumer", "dynamodb:UpdateItem", imports_a_row),
        ("imports-reading", "s3:GetObjectVersion", imports_a_row),
        ("imports-reading", "s3:PutObject", imports_a_row),
        ("imports-reading", "dynamodb:PutItem", imports_a_row),
        ("imports-finishing", "s3:PutObject", imports_a_row),
        ("imports-finishing", "dynamodb:BatchGetItem", imports_a_row),
        ("imports-finishing", "dynamodb:DeleteItem", imports_a_row),
        ("users-importer", "s3:GetObject", imports_a_row),
        ("users-importer", "dynamodb:PutItem", imports_a_row),
        ("exports-api", "s3:GetObject", exports_their_account),
        ("exports-recorder", "dynamodb:GetItem", exports_their_account),
        ("exports-recorder", "dynamodb:PutItem", exports_their_account),
        ("exports-recorder", "s3:GetObject", exports_their_account),
        ("exports-joiner", "s3:GetObject", exports_their_account),
        ("exports-joiner", "s3:PutObject", exports_their_account),
        ("exports-joiner", "s3:DeleteObject", clears_the_parts_of_an_export),
        ("users-exporter", "dynamodb:GetItem", exports_their_account),
        ("users-exporter", "s3:PutObject", exports_their_account),
        ("webhooks-api", "dynamodb:GetItem", subscribes_and_unsubscribes),
        ("webhooks-api", "dynamodb:PutItem", subscribes_and_unsubscribes),
        ("webhooks-api", "dynamodb:DeleteItem", subscribes_and_unsubscribes),
        ("webhooks-api", "dynamodb:UpdateItem", changes_a_webhook),
        ("webhooks-api", "dynamodb:Query", lists_webhooks),
        ("webhooks-api", "sqs:SendMessage", attempt_is_made),
        ("webhooks-consumer", "dynamodb:Query", attempt_is_made),
        ("webhooks-consumer", "dynamodb:PutItem", attempt_is_made),
        ("webhooks-consumer", "sqs:SendMessage", attempt_is_made),
        ("webhooks-worker", "dynamodb:GetItem", attempt_is_made),
        ("webhooks-worker", "dynamodb:PutItem", attempt_is_made),
        ("webhooks-worker", "dynamodb:UpdateItem", attempt_is_made),
        ("webhooks-worker", "dynamodb:DeleteItem", is_disabled_when_gone),
    ],
)
def test_a_function_without_one_of_its_actions_fails_and_with_it_works(
    platform: PlatformUnderTest, function: str, action: str, journey: Journey
) -> None:
    # A cold start on a busy machine may take longer than a journey waits.
    eventually(lambda: journey(platform), within_s=60)

    with without_action(platform, function, action):
        assert not journey(platform)

    # What could not be delivered meanwhile comes later; nothing is lost.
    eventually(lambda: journey(platform), within_s=60)


def test_a_function_may_not_touch_another_service_s_table(platform: PlatformUnderTest) -> None:
    arn = platform.aws("lambda").get_function_configuration(FunctionName="platform-local-activity-consumer")["Role"]
    credentials = platform.aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    dynamodb = platform.aws("dynamodb", credentials)

    with pytest.raises(ClientError) as refused:
        dynamodb.put_item(
            TableName=platform.output("platform-local-users", "TableName"), Item={"pk": {"S": "USER#intruder"}}
        )

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


@contextmanager
def without_action(platform: PlatformUnderTest, function: str, action: str) -> Iterator[None]:
    """Take an action out of every policy of a function's role for a while."""
    iam, role = platform.aws("iam"), role_of(platform, function)
    documents = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    reduced = {name: _without(document, action) for name, document in documents.items()}
    assert reduced != documents, f"{function} has no {action}"
    try:
        for name, document in reduced.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
        yield
    finally:
        for name, document in documents.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _without(document: dict[str, Any], action: str) -> dict[str, Any]:
    statements = []
    for statement in document["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        kept = [each for each in actions if each != action]
        if kept:
            statements.append(statement | {"Action": kept})
    return document | {"Statement": statements}


def role_of(platform: PlatformUnderTest, function: str) -> str:
    configuration = platform.aws("lambda").get_function_configuration(FunctionName=f"platform-local-{function}")
    return str(configuration["Role"].rpartition("/")[2])
