"""Which keys the embedded AWS takes, and that it takes none without its signature."""

import hashlib
import json

from botocore.credentials import Credentials
from ministack.core import lambda_runtime
from ministack.services import s3

from tests.local.embedded_aws.iam import roles
from tests.local.embedded_aws.resources import function
from tests.local.embedded_aws.web import ADMINISTRATOR, Request, send, send_signed

JSON = Request(
    service="dynamodb",
    method="POST",
    headers={"x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0"},
    body=b"{}",
)
# MiniStack takes these for the administrator's.
CONSTANT_KEYS = (
    Credentials("000000000000", "local"),
    Credentials("000000000000", "test"),
    Credentials("test", "test"),
)
ONE_OF_EACH_PROTOCOL = (
    JSON,
    Request(
        service="iam",
        method="POST",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=b"Action=ListUsers&Version=2010-05-08",
    ),
    Request(service="iam", path="/?Action=ListUsers&Version=2010-05-08", in_query=True),
    Request(service="lambda", path="/2015-03-31/functions/"),
    Request(service="s3"),
)


def test_the_administrator_s_signature_is_taken_in_every_protocol() -> None:
    for request in ONE_OF_EACH_PROTOCOL:
        answer = send_signed(request)
        assert answer.status == 200, (request, answer.text)


def test_a_wrong_signature_and_an_unknown_key_are_refused_in_every_protocol() -> None:
    for key in (
        Credentials(ADMINISTRATOR.access_key, "another secret"),
        Credentials("AKIA-UNKNOWN", ADMINISTRATOR.secret_key),
        *CONSTANT_KEYS,
    ):
        for request in ONE_OF_EACH_PROTOCOL:
            answer = send_signed(request, key=key)
            assert answer.status in {400, 403}, (key.access_key, request, answer.text)


def test_a_request_without_a_signature_is_refused() -> None:
    known = ADMINISTRATOR.access_key
    for headers, query in (
        ({}, ""),
        ({"authorization": "Bearer x"}, ""),
        ({"authorization": f"AWS4-HMAC-SHA256 Credential={known}/20260101/eu-west-1/lambda/aws4_request"}, ""),
        ({"authorization": f"AWS {known}:x"}, ""),
        ({}, f"?AWSAccessKeyId={known}&Signature=x"),
        ({}, f"?X-Amz-Credential={known}/20260101/eu-west-1/lambda/aws4_request"),
        ({}, f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={known}/20260101/eu-west-1/s3/aws4_request"),
    ):
        for path in ("/2015-03-31/functions/", "/", "/latest/meta-data/iam/security-credentials/", "/v20180820/tags/a"):
            answer = send("GET", path + query, headers)
            assert answer.status in {400, 403}, (path, headers, query, answer.text)


def test_a_changed_header_breaks_the_signature() -> None:
    assert send_signed(JSON).status == 200

    refused = send_signed(JSON, unsigned={"x-amz-target": "DynamoDB_20120810.DeleteTable"})
    assert "SignatureDoesNotMatch" in refused.text or "InvalidSignature" in refused.text


def test_an_object_of_a_bucket_stays_private_without_a_signature() -> None:
    s3._buckets["pictures"] = {"created": "2026", "objects": {}, "region": "eu-west-1"}
    for method, path in (("GET", "/pictures"), ("PUT", "/pictures/a"), ("GET", "/pictures/a"), ("POST", "/pictures")):
        assert send(method, path).status == 403, (method, path)
        for key in CONSTANT_KEYS:
            request = Request(service="s3", method=method, path=path)
            assert send_signed(request, key=key).status in {400, 403}, (method, path, key.access_key)


def test_an_action_of_another_service_does_not_pass_as_an_object() -> None:
    s3._buckets["pictures"] = {"created": "2026", "objects": {}, "region": "eu-west-1"}
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    actions = ("ListUsers", "AssumeRoleWithWebIdentity", "GetSessionToken", "DescribeInstances", "NoSuchAction")
    for action in actions:
        for method in ("POST", "PUT", "DELETE"):
            for body, query in ((f"Action={action}&Version=2010-05-08", ""), ("", f"?Action={action}")):
                answer = send(method, f"/pictures{query}", form, body=body.encode())
                assert answer.status in {400, 403}, (action, method, answer.text)
                assert "Missing" in answer.text or "Denied" in answer.text, (action, method, answer.text)


def test_signing_in_needs_no_key_but_no_other_operation_of_cognito_does() -> None:
    def call(operation: str, path: str = "/") -> str:
        headers = {
            "x-amz-target": f"AWSCognitoIdentityProviderService.{operation}",
            "content-type": "application/x-amz-json-1.1",
        }
        return send("POST", path, headers, body=json.dumps({"ClientId": "none"}).encode()).text

    assert "MissingAuthenticationToken" not in call("InitiateAuth")
    assert "MissingAuthenticationToken" in call("ListUserPools")
    assert "MissingAuthenticationToken" in call("InitiateAuth", path="/v20180820/accesspoint/a")


def test_a_function_s_key_works_and_cannot_be_derived_from_its_names() -> None:
    roles.set_up()
    roles.allow((["dynamodb:ListTables"], "*"))
    config = function("def handler(event, context): pass")["config"]
    vended = lambda_runtime.execution_credentials(config)
    key = Credentials(vended["AWS_ACCESS_KEY_ID"], vended["AWS_SECRET_ACCESS_KEY"], vended["AWS_SESSION_TOKEN"])
    assert send_signed(JSON, key=key).status == 200

    # As MiniStack derives it.
    digest = hashlib.sha256(f"{config['FunctionArn']}:{config['Role']}".encode()).hexdigest()
    derived = Credentials(
        f"ASIA{digest[:16].upper()}",
        hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
        hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
    )
    assert send_signed(JSON, key=derived).status in {400, 403}
    without_token = Credentials(key.access_key, key.secret_key)
    assert send_signed(JSON, key=without_token).status in {400, 403}
