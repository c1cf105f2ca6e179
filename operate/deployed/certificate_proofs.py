"""The DNS records that proved to AWS whose a certificate's domain is; they stay when the certificate is deleted.

CloudFormation writes them with the certificate and leaves them in the zone:
https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/837
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from operate.deployed.stacks import Deployed
from operate.progress import Progress

type Clients = Callable[[str, str], Any]

CERTIFICATE = "AWS::CertificateManager::Certificate"
# Without naming them, ACM lists those with keys of RSA up to 2048 bits:
# https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
_EVERY_KEY = [
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A record of a zone, and the domain that it proves.

    Attributes:
        domain: Of the certificate.
        name: Of the record, with the last dot.
        kind: Of the record.
        value: Of the record.
    """

    domain: str
    name: str
    kind: str
    value: str


def find_proofs(clients: Clients, stacks: Iterable[Deployed]) -> tuple[Proof, ...]:
    """Find what proved the certificates of stacks; when those are deleted, nobody can tell any more."""
    found = dict.fromkeys(
        proof
        for stack in stacks
        for certificate in stack.of_type(CERTIFICATE)
        for proof in _proofs_of(clients("acm", stack.region), certificate)
    )
    return tuple(found)


def delete_proofs(clients: Clients, region: str, zone_id: str, proofs: Iterable[Proof], *, progress: Progress) -> None:
    """Delete the records from a zone, but for those that another certificate of the account still needs.

    All certificates of an account for one domain share a record, in every region, and are renewed as long as it is
    there. What is gone already is no error; what may not be looked at or deleted is said, and stays.
    """
    for proof in proofs:
        try:
            other = _other_certificate(clients, region, proof)
            if other:
                progress.say(f"The record {proof.name} stays in the zone: {other} is renewed by it.")
            elif _delete(clients("route53", region), zone_id, proof):
                progress.say(f"Deleted the record {proof.name}, which proved {proof.domain} to AWS.")
        except ClientError as error:
            progress.say(f"The record {proof.name} stays in the zone {zone_id}: {error}")


def _proofs_of(acm: Any, certificate: str) -> Iterator[Proof]:  # noqa: ANN401 - a boto3 client
    try:
        described = acm.describe_certificate(CertificateArn=certificate)["Certificate"]
    except acm.exceptions.ResourceNotFoundException:
        return
    for option in described.get("DomainValidationOptions", ()):
        # There is none before ACM has made it, and none where mail proves the domain.
        if record := option.get("ResourceRecord"):
            domain = option["DomainName"].removeprefix("*.")
            yield Proof(domain=domain, name=record["Name"], kind=record["Type"], value=record["Value"])


def _other_certificate(clients: Clients, region: str, proof: Proof) -> str | None:
    regions = clients("ec2", region).describe_regions(AllRegions=False)["Regions"]
    for each in regions:
        acm = clients("acm", each["RegionName"])
        for page in acm.get_paginator("list_certificates").paginate(Includes={"keyTypes": _EVERY_KEY}):
            for summary in page["CertificateSummaryList"]:
                if _may_need(summary, proof.domain) and proof in _proofs_of(acm, summary["CertificateArn"]):
                    return str(summary["CertificateArn"])
    return None


def _may_need(summary: dict[str, Any], domain: str) -> bool:
    names = {summary.get("DomainName", ""), *summary.get("SubjectAlternativeNameSummaries", ())}
    # A summary has the first hundred names.
    return domain in {name.removeprefix("*.") for name in names} or bool(
        summary.get("HasAdditionalSubjectAlternativeNames")
    )


def _delete(route53: Any, zone_id: str, proof: Proof) -> bool:  # noqa: ANN401 - a boto3 client
    """Delete the record as it is in the zone; another one of its name is somebody else's."""
    try:
        listed = route53.list_resource_record_sets(
            HostedZoneId=zone_id, StartRecordName=proof.name, StartRecordType=proof.kind, MaxItems="1"
        )["ResourceRecordSets"]
    except route53.exceptions.NoSuchHostedZone:
        return False
    own = [
        each
        for each in listed
        if (each["Name"], each["Type"]) == (proof.name, proof.kind)
        and [record["Value"] for record in each.get("ResourceRecords", ())] == [proof.value]
    ]
    if own:
        changes = [{"Action": "DELETE", "ResourceRecordSet": each} for each in own]
        route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
    return bool(own)
