"""Differences between roles and calls, each planted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.privileges.findings import outdated, refused, uncalled
from tests.privileges.grants import Call, Grant, grants_of, matches

TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders"
OBJECTS = "arn:aws:s3:::orders-bucket/scans/*"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Table", "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": TABLE},
        {"Sid": "Scans", "Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS},
        {
            "Sid": "Key",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": "arn:aws:kms:eu-west-1:000000000000:key/1",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
        },
    ],
}
WHY = {"Key": {"kms:Decrypt": "S3 uses it."}}
CALLS = (
    Call(role="orders-api", action="dynamodb:GetItem", resource=TABLE),
    Call(role="orders-api", action="dynamodb:PutItem", resource=TABLE),
    Call(role="orders-api", action="s3:GetObject", resource="arn:aws:s3:::orders-bucket/scans/1.png"),
)


def grants(policy: Any = POLICY, why: Any = WHY) -> Sequence[Grant]:
    return list(grants_of("orders-api", policy, why))


def test_equal_calls_and_grants_have_no_findings() -> None:
    assert [*refused(CALLS, grants()), *uncalled(CALLS, grants()), *outdated(CALLS, grants())] == []


@pytest.mark.parametrize(
    "call",
    [
        replace(CALLS[0], action="dynamodb:Scan"),
        replace(CALLS[0], role="orders-relay"),
        replace(CALLS[0], resource=f"{TABLE}/index/by_state"),
        replace(CALLS[0], resource=TABLE.replace("orders", "ledger")),
        replace(CALLS[2], resource="arn:aws:s3:::orders-bucket/scan/1.png"),
        # The call has no action that IAM knows.
        replace(CALLS[0], action="sqs:?", resource="POST /"),
        # The condition was not met.
        Call(
            role="orders-api",
            action="kms:Decrypt",
            resource="arn:aws:kms:eu-west-1:000000000000:key/1",
            allowed=False,
        ),
    ],
    ids=lambda call: f"{call.role} {call.action} {call.resource}",
)
def test_a_call_that_no_statement_covers_is_found(call: Call) -> None:
    [finding] = refused([*CALLS, call], grants())

    assert f"{call.role} called {call.action} on {call.resource}, which its role does not allow" in finding


def test_a_call_that_was_denied_because_a_test_removed_the_action_is_no_finding() -> None:
    assert list(refused([replace(CALLS[0], allowed=False)], grants())) == []


def test_so_it_is_if_the_grant_has_a_condition() -> None:
    key = "arn:aws:kms:eu-west-1:000000000000:key/1"
    denied = Call(role="orders-api", action="kms:Decrypt", resource=key, allowed=False)
    by_condition = replace(denied, role="orders-relay")

    assert list(refused([denied], grants(), taken={("orders-api", "kms:Decrypt")})) == []
    assert list(refused([denied], grants(), taken={("orders-api", "s3:GetObject")}))
    assert list(refused([by_condition], grants(), taken={("orders-api", "kms:Decrypt")}))


@pytest.mark.parametrize("missing", CALLS, ids=lambda call: call.action)
def test_a_grant_without_a_call_is_found(missing: Call) -> None:
    made = [call for call in CALLS if call != missing]

    [finding] = uncalled(made, grants())

    assert finding.startswith(f"orders-api may call {missing.action} on ")
    assert "service.toml" in finding


def test_a_denied_call_is_no_reason_for_a_grant() -> None:
    [finding] = uncalled([replace(CALLS[0], allowed=False), *CALLS[1:]], grants())

    assert "dynamodb:GetItem" in finding


def test_each_resource_of_a_statement_needs_a_call() -> None:
    index = f"{TABLE}/index/by_owner"
    wider = {"Statement": {**POLICY["Statement"][0], "Resource": [TABLE, index]}}  # type: ignore[dict-item]

    found = list(uncalled(CALLS, grants(wider, {})))

    assert len(found) == 2
    assert all(index in finding for finding in found)


def test_a_reason_covers_only_its_action() -> None:
    assert list(uncalled(CALLS[1:], grants(why={**WHY, "Table": {"dynamodb:GetItem": "A report, once a year."}}))) == []
    assert list(uncalled(CALLS[1:], grants(why={**WHY, "Table": {"dynamodb:PutItem": "A report, once a year."}})))


def test_a_reason_for_a_called_action_is_found() -> None:
    [finding] = outdated(CALLS, grants(why={**WHY, "Scans": {"s3:GetObject": "There are no scans."}}))

    assert "s3:GetObject of orders-api" in finding
    assert "There are no scans." in finding


def test_a_reason_without_a_grant_is_an_error() -> None:
    with pytest.raises(ValueError, match="dynamodb:Query"):
        grants(why={"Table": {"dynamodb:Query": "It was, once."}})


@pytest.mark.parametrize(
    "change",
    [{"Effect": "Deny"}, {"Action": "dynamodb:*"}, {"NotResource": TABLE}, {"NotAction": "s3:GetObject"}],
    ids=str,
)
def test_an_unsupported_statement_is_an_error(change: dict[str, str]) -> None:
    statement = {**POLICY["Statement"][0], **change}  # type: ignore[dict-item]

    with pytest.raises(ValueError, match="expected a statement that allows named actions"):
        grants({"Statement": [statement]}, {})


@given(st.text(), st.text())
def test_a_pattern_without_wildcards_matches_only_itself(pattern: str, other: str) -> None:
    plain = pattern.replace("*", "").replace("?", "")

    assert matches(plain, plain)
    assert matches(plain, other) == (plain == other)
    assert matches(f"{plain}*", plain + other)
    assert not matches(f"{plain}?", plain)
