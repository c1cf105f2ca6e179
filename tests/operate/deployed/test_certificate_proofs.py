"""The records that proved certificates: found before they are deleted, and gone after it."""

import io
from typing import Any

import boto3
import pytest

from operate.deployed.certificate_proofs import CERTIFICATE, Proof, delete_proofs, find_proofs
from operate.deployed.stacks import Deployed
from operate.progress import Progress
from tests.operate.checks.fakes import HERE, THERE

pytestmark = pytest.mark.slow

DOMAIN = "api.shop.io"


def client(service: str, region: str) -> Any:
    make: Any = boto3.client
    return make(service, region_name=region)


@pytest.fixture
def zone_id(aws: None) -> str:
    made: str = client("route53", HERE).create_hosted_zone(Name="shop.io", CallerReference="once")["HostedZone"]["Id"]
    return made


def certificate(domain: str = DOMAIN, region: str = HERE) -> str:
    arn: str = client("acm", region).request_certificate(DomainName=domain, ValidationMethod="DNS")["CertificateArn"]
    return arn


def stack_with(*certificates: str) -> Deployed:
    return Deployed(name="platform-dev-gateway", region=HERE, resources={CERTIFICATE: certificates})


def write(zone_id: str, proof: Proof, value: str | None = None) -> None:
    record = {"Name": proof.name, "Type": proof.kind, "TTL": 300, "ResourceRecords": [{"Value": value or proof.value}]}
    changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
    client("route53", HERE).change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})


def proofs_in(zone_id: str) -> list[str]:
    records = client("route53", HERE).list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    return [record["Name"] for record in records if record["Type"] == "CNAME"]


def delete(zone_id: str, *proofs: Proof) -> str:
    said = io.StringIO()
    delete_proofs(client, HERE, zone_id, proofs, progress=Progress(said))
    return said.getvalue()


def prove(zone_id: str, arn: str) -> Proof:
    [proof] = find_proofs(client, [stack_with(arn)])
    write(zone_id, proof)
    return proof


def test_the_record_of_a_certificate_that_is_gone_is_deleted_and_that_again_is_no_error(zone_id: str) -> None:
    arn = certificate()
    proof = prove(zone_id, arn)
    client("acm", HERE).delete_certificate(CertificateArn=arn)

    assert f"Deleted the record {proof.name}" in delete(zone_id, proof)
    assert proofs_in(zone_id) == []
    assert delete(zone_id, proof) == ""


@pytest.mark.parametrize(("domain", "region"), [(DOMAIN, HERE), (f"*.{DOMAIN}", THERE)])
def test_a_record_that_another_certificate_is_renewed_by_stays(zone_id: str, domain: str, region: str) -> None:
    arn = certificate()
    proof = prove(zone_id, arn)
    client("acm", HERE).delete_certificate(CertificateArn=arn)
    other = certificate(domain, region)

    assert f"{other} is renewed by it" in delete(zone_id, proof)
    assert proofs_in(zone_id) == [proof.name]


def test_a_record_of_the_same_name_that_says_something_else_is_not_ours(zone_id: str) -> None:
    arn = certificate()
    [proof] = find_proofs(client, [stack_with(arn)])
    client("acm", HERE).delete_certificate(CertificateArn=arn)
    write(zone_id, proof, value="elsewhere.example.com.")

    assert delete(zone_id, proof) == ""
    assert proofs_in(zone_id) == [proof.name]


def test_a_certificate_that_is_gone_already_has_nothing_to_find(aws: None) -> None:
    arn = certificate()
    client("acm", HERE).delete_certificate(CertificateArn=arn)

    assert find_proofs(client, [stack_with(arn)]) == ()


def test_a_zone_that_is_gone_has_no_record(aws: None) -> None:
    proof = Proof(domain=DOMAIN, name=f"_a.{DOMAIN}.", kind="CNAME", value="b.")

    assert delete("ZNOBODY", proof) == ""
