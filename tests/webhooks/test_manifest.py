"""The settings of service.toml: a mistake could open the network, or end retries too early."""

from itertools import pairwise
from typing import Any

import pytest

from cdk.settings.environment import ENVIRONMENTS
from cdk.settings.manifests import load_manifests
from functions.webhooks.tasks import REMINDED_AFTER_S

[MANIFEST] = [manifest for manifest in load_manifests() if manifest.service == "webhooks"]
EVERYWHERE = sorted(file.stem for file in ENVIRONMENTS.glob("*.yaml"))
ON_AWS = [name for name in EVERYWHERE if name != "local"]
DAY_S = 24 * 3600


def settings(environment: str) -> dict[str, Any]:
    return dict(MANIFEST.settings_of(environment))


def test_only_a_laptop_calls_receivers_on_its_own_machine() -> None:
    assert MANIFEST.settings["loopback_targets"] is False
    assert [name for name in EVERYWHERE if settings(name)["loopback_targets"]] == ["local"]


@pytest.mark.parametrize("environment", EVERYWHERE)
def test_the_delays_grow_and_end_before_the_webhook_is_disabled(environment: str) -> None:
    delays_s = settings(environment)["retry_delays_s"]

    assert delays_s[0] > 0
    assert all(shorter < longer for shorter, longer in pairwise(delays_s))
    # One delivery that fails to its end does not disable a webhook.
    assert sum(delays_s) < settings(environment)["disabled_after_s"]


@pytest.mark.parametrize("environment", ON_AWS)
def test_a_blip_delays_for_seconds_and_a_receiver_can_be_away_for_days(environment: str) -> None:
    delays_s = settings(environment)["retry_delays_s"]

    assert delays_s[0] <= 10
    assert 3 * DAY_S <= sum(delays_s) <= 5 * DAY_S


@pytest.mark.parametrize("environment", EVERYWHERE)
def test_an_attempt_ends_before_its_function_does(environment: str) -> None:
    timeout_s = settings(environment)["attempt_timeout_s"]

    assert settings(environment)["connect_timeout_s"] <= timeout_s < MANIFEST.functions["worker"].timeout_s


def test_a_reminder_arrives_after_the_end_of_the_function_that_sent_it() -> None:
    assert MANIFEST.functions["api"].timeout_s < REMINDED_AFTER_S
