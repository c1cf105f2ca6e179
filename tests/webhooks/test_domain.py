import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.webhooks.domain import (
    SECRETS_AT_MOST,
    change_webhook,
    disable_webhook,
    new_secret,
    owner_of,
    rotate_secret,
    trial_event,
)
from tests.tools.contracts.contracts import contract_of
from tests.webhooks.things import a_webhook, an_event

DAY = timedelta(days=1)


def test_a_secret_has_the_form_of_the_scheme_and_is_never_the_same() -> None:
    first, second = new_secret(), new_secret()

    assert first != second
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_a_change_applies_only_the_given_attributes() -> None:
    before = a_webhook()

    after = change_webhook(before, {"description": "Billing"})

    assert after == replace(before, description="Billing", version=2, updated_at=after.updated_at)
    assert change_webhook(before, {"enabled": True}) is before


def test_enabling_a_webhook_clears_its_failures() -> None:
    disabled, _ = disable_webhook(replace(a_webhook(), failing_since=datetime.now(UTC)), "failing")

    enabled = change_webhook(disabled, {"enabled": True})

    assert (enabled.enabled, enabled.failing_since, enabled.disabled_because) == (True, None, None)


def test_the_earlier_secret_signs_until_the_overlap_ends() -> None:
    before = a_webhook()
    [first] = before.secrets

    rotated = rotate_secret(before, "second", overlap=DAY)

    now = datetime.now(UTC)
    assert rotated.signing_secrets(now) == ["second", first.sealed]
    assert rotated.signing_secrets(now + DAY) == ["second"]


def test_a_repeated_rotation_keeps_the_secret_that_the_receiver_knows() -> None:
    webhook = a_webhook()
    known = webhook.secrets[0].sealed
    for number in range(SECRETS_AT_MOST - 1):
        webhook = rotate_secret(webhook, f"lost {number}", overlap=DAY)

    assert known in webhook.signing_secrets(datetime.now(UTC))
    assert len(rotate_secret(webhook, "one more", overlap=DAY).secrets) == SECRETS_AT_MOST


def test_a_second_rotation_does_not_lengthen_the_overlap_of_the_first() -> None:
    once = rotate_secret(a_webhook(), "second", overlap=DAY)

    twice = rotate_secret(once, "third", overlap=2 * DAY)

    assert twice.secrets[2].valid_until == once.secrets[1].valid_until


def test_the_event_of_a_disabled_webhook_fits_its_contract() -> None:
    webhook = a_webhook()

    after, event = disable_webhook(webhook, "gone")

    contract_of(event.source, event.type).validate(event.envelope())
    assert event.sequence == after.version
    assert webhook.url not in event.to_json()


def test_the_owner_of_an_event_is_in_its_data() -> None:
    assert owner_of(an_event(owner="alice")) == "alice"
    assert owner_of(an_event()) is None
    assert owner_of(replace(an_event(), data={"owner": ["alice"]})) is None


def test_each_test_is_an_event_of_its_own() -> None:
    webhook = a_webhook()

    assert trial_event(webhook).event_id != trial_event(webhook).event_id
