"""The check of settings that a deployed network keeps."""

import pytest

from operate.checks.network import check_fixed_settings
from tests.operate.checks.fakes import FakeAccount, target


def deployed(**settings: object) -> FakeAccount:
    """Return an account with the network of dev, deployed with other settings."""
    return FakeAccount(deployed={"platform-dev-network": target(**settings).environment.fixed_settings})


def test_before_the_first_deployment_every_setting_is_possible() -> None:
    assert list(check_fixed_settings(target(), FakeAccount())) == []


@pytest.mark.parametrize("settings", [{}, {"availability_zones": 3}, {"log_level": "INFO"}])
def test_the_same_network_and_a_further_zone_can_be_deployed(settings: dict[str, object]) -> None:
    [finding] = check_fixed_settings(target(**settings), deployed())

    assert finding.state == "ok"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({"availability_zones": 3}, {}, "availability_zones is 3 in the deployed network and cannot become 2"),
        ({}, {"vpc_cidr": "10.30.0.0/16"}, "vpc_cidr is 10.20.0.0/16 in the deployed network and cannot become 10.30"),
        ({}, {"domain": "new.shop.io"}, "domain is api.shop.io in the deployed network and cannot become new.shop.io"),
    ],
)
def test_a_setting_that_cannot_change_is_a_problem(
    before: dict[str, object], after: dict[str, object], text: str
) -> None:
    [finding] = check_fixed_settings(target(**after), deployed(**before))

    assert finding.state == "problem"
    assert finding.text.startswith(text)
    assert "cdk/environments/dev.yaml" in finding.remedy
