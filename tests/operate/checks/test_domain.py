"""The check of the domain's hosted zone."""

import pytest

from operate.checks.account import Zone
from operate.checks.domain import check_zone
from tests.operate.checks.fakes import FakeAccount, target

SERVERS = frozenset({"ns-1.awsdns.com", "ns-2.awsdns.org"})


def zones(name: str = "shop.io", *, is_private: bool = False) -> dict[str, Zone]:
    return {"ZSHOP": Zone(name=name, name_servers=SERVERS, is_private=is_private)}


@pytest.mark.parametrize("domain", ["example.com", "dev.example.com", "shop.example", "api.test"])
def test_the_domain_of_a_shipped_file_is_called_a_placeholder(domain: str) -> None:
    [finding] = check_zone(target(domain=domain), FakeAccount(zones=zones()))

    assert finding.state == "problem"
    assert finding.text == f"{domain} is a placeholder"
    assert "set `domain` and `hosted_zone_id` in cdk/environments/dev.yaml" in finding.remedy


def test_a_delegated_zone_is_correct() -> None:
    [finding] = check_zone(target(), FakeAccount(zones=zones(), delegated={"shop.io": SERVERS}))

    assert finding.state == "ok"


@pytest.mark.parametrize(
    ("account", "text"),
    [
        (FakeAccount(), "the hosted zone ZSHOP does not exist"),
        (FakeAccount(zones=zones(is_private=True)), "the hosted zone ZSHOP is private"),
        (FakeAccount(zones=zones("op.io")), "the hosted zone ZSHOP is for op.io, which does not contain api.shop.io"),
        (FakeAccount(zones=zones()), "shop.io is not delegated, so AWS cannot validate certificates"),
        (
            FakeAccount(zones=zones(), delegated={"shop.io": SERVERS | {"ns.elsewhere.net"}}),
            "shop.io is delegated to ns-1.awsdns.com, ns-2.awsdns.org, ns.elsewhere.net",
        ),
    ],
)
def test_a_zone_that_cannot_validate_a_certificate_is_a_problem(account: FakeAccount, text: str) -> None:
    [finding] = check_zone(target(), account)

    assert finding.state == "problem"
    assert finding.text.startswith(text)
    assert finding.remedy
