"""Whether the domain is ours."""

import pytest

from operate.checks.account import Zone
from operate.checks.domain import CHECKS
from tests.operate.checks.fakes import FakeAccount, found, named, plan, states
from tests.operate.pricing.resources import stack

SERVERS = frozenset({"ns-1.awsdns.com", "ns-2.awsdns.org"})
RECORDS = stack(
    {
        "Name": ("AWS::Route53::RecordSet", {"HostedZoneId": "ZSHOP"}),
        "Inside": ("AWS::Route53::RecordSet", {"HostedZoneId": {"Ref": "PrivateZone"}}),
        "Certificate": ("AWS::CertificateManager::Certificate", {"DomainName": "api.shop.io"}),
    }
)


def zone(name: str = "shop.io", *, is_private: bool = False) -> dict[str, Zone]:
    return {"ZSHOP": Zone(name=name, name_servers=SERVERS, is_private=is_private)}


def test_a_zone_that_is_delegated_to_is_as_it_must_be() -> None:
    account = FakeAccount(hosted=zone(), delegated={"shop.io": SERVERS})

    assert states(found(named(CHECKS, "zone"), plan(RECORDS), account)) == ["ok"]


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (FakeAccount(), "there is no hosted zone ZSHOP"),
        (FakeAccount(hosted=zone(is_private=True)), "the hosted zone ZSHOP is private"),
        (FakeAccount(hosted=zone("op.io")), "the hosted zone ZSHOP is of op.io, which api.shop.io is not below"),
        (FakeAccount(hosted=zone()), "shop.io is delegated to nobody, so no certificate can be proved"),
        (
            FakeAccount(hosted=zone(), delegated={"shop.io": SERVERS | {"ns.elsewhere.net"}}),
            "shop.io is delegated to ns-1.awsdns.com, ns-2.awsdns.org, ns.elsewhere.net",
        ),
    ],
)
def test_a_zone_that_proves_nothing_is_wrong(account: FakeAccount, said: str) -> None:
    [finding] = found(named(CHECKS, "zone"), plan(RECORDS), account)

    assert finding.state == "wrong"
    assert finding.said.startswith(said)
    assert finding.do


@pytest.mark.parametrize("domain", ["example.com", "dev.example.org", "shop.test"])
def test_a_name_for_examples_is_wrong(domain: str) -> None:
    [finding] = found(named(CHECKS, "zone"), plan(RECORDS, domain=domain), FakeAccount(hosted=zone(domain)))

    assert finding.state == "wrong"
    assert finding.do == "set `domain` in cdk/environments/dev.yaml"


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ({}, "ok"),
        ({"shop.io": frozenset({"letsencrypt.org", "amazon.com"})}, "ok"),
        ({"shop.io": frozenset({"letsencrypt.org"})}, "wrong"),
        # The record next to the name holds, whatever those above it say.
        ({"api.shop.io": frozenset({"amazontrust.com"}), "shop.io": frozenset({"letsencrypt.org"})}, "ok"),
    ],
)
def test_amazon_must_be_allowed_to_issue_the_certificate(records: dict[str, frozenset[str]], state: str) -> None:
    assert states(found(named(CHECKS, "certificates"), plan(RECORDS), FakeAccount(authorities=records))) == [state]
