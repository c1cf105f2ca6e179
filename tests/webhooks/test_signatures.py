"""Signatures, verified by the library that receivers use."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from functions.webhooks.domain import new_secret
from functions.webhooks.signatures import signed_headers

BODY = '{"name":"é"}'


def test_each_of_the_secrets_verifies_and_no_other() -> None:
    secrets = [new_secret(), new_secret()]

    headers = signed_headers("message-1", BODY, secrets=secrets, at=datetime.now(UTC))

    for secret in secrets:
        assert Webhook(secret).verify(BODY.encode(), dict(headers)) == {"name": "é"}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY.encode(), dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets[0]).verify(BODY.replace("é", "e").encode(), dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets[0]).verify(BODY.encode(), {**headers, "webhook-id": "message-2"})


def test_the_headers_are_those_of_the_specification_s_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        at=datetime.fromtimestamp(1614265330, UTC),
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
