import json
from typing import Any

import pytest

from functions.operations.domain import Fact, Verdict
from functions.operations.facts import RawEvent
from functions.shared.interface.names import CORRECTS_RECORD
from functions.shared.messaging.events import MalformedEvent
from tests.operations.events import CONTRACT_EXAMPLE, NOON, codedeploy_event, ecs_event, requested, stack_event
from tests.tools.contracts.contracts import contract_of


def fact(event: RawEvent) -> Fact:
    read = event.read()
    assert isinstance(read, Fact)
    return read


@pytest.mark.parametrize(
    ("status", "verdict", "is_final"),
    [
        ("CREATE_IN_PROGRESS", "running", False),
        ("CREATE_COMPLETE", "succeeded", True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "running", False),
        ("UPDATE_COMPLETE", "succeeded", True),
        ("IMPORT_COMPLETE", "succeeded", True),
        ("CREATE_FAILED", "failed", True),
        ("UPDATE_FAILED", "failed", True),
        ("ROLLBACK_IN_PROGRESS", "failed", False),
        ("ROLLBACK_COMPLETE", "failed", True),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "failed", False),
        ("UPDATE_ROLLBACK_COMPLETE", "failed", True),
        ("IMPORT_ROLLBACK_COMPLETE", "failed", True),
    ],
)
def test_each_status_of_a_stack_has_a_verdict(status: str, verdict: Verdict, *, is_final: bool) -> None:
    read = fact(stack_event(status, 0))

    assert (read.verdict, read.is_final) == (verdict, is_final)
    assert (read.stack, read.environment, read.operation) == ("platform-prod-users", "prod", "exec-1")


@pytest.mark.parametrize(
    ("event", "verdict"),
    [
        (codedeploy_event("START", 0), "running"),
        (codedeploy_event("READY", 0), "running"),
        (codedeploy_event("SUCCESS", 0), "succeeded"),
        (codedeploy_event("FAILURE", 0), "failed"),
        (codedeploy_event("STOP", 0), "failed"),
        (ecs_event("SERVICE_DEPLOYMENT_IN_PROGRESS", 0), "running"),
        (ecs_event("SERVICE_DEPLOYMENT_COMPLETED", 0), "succeeded"),
        (ecs_event("SERVICE_DEPLOYMENT_FAILED", 0), "failed"),
    ],
)
def test_each_state_of_a_shift_has_a_verdict(event: RawEvent, verdict: Verdict) -> None:
    assert fact(event).verdict == verdict


def test_a_correction_of_a_record_before_a_deployment_is_none_of_its_own() -> None:
    assert stack_event("UPDATE_COMPLETE", 0, operation=f"{CORRECTS_RECORD}1").read() is None


def test_a_request_has_the_id_of_its_envelope_and_the_time_of_the_bus() -> None:
    event = requested("r-1", 0, event_id="01938b2e-7c4b-7a60-8b1d-6d5fb6dbd14f", clock_ahead=10)

    assert (event.event_id, event.at) == ("01938b2e-7c4b-7a60-8b1d-6d5fb6dbd14f", NOON)


def test_an_event_has_the_same_text_whatever_the_order_of_its_members() -> None:
    delivered = {"id": "1", "source": "aws.ecs", "time": "2026-11-23T12:00:00Z"}

    assert RawEvent.of(delivered) == RawEvent.of(dict(reversed(delivered.items())))


@pytest.mark.parametrize("delivered", [{}, {"source": "aws.ecs"}, {"source": "aws.ecs", "id": "1", "time": "soon"}])
def test_what_is_no_event_is_refused(delivered: dict[str, str]) -> None:
    with pytest.raises(MalformedEvent):
        RawEvent.of(delivered)


@pytest.mark.parametrize("event", [codedeploy_event("RESTED", 0), ecs_event("SERVICE_DEPLOYMENT_RESTED", 0)])
def test_a_state_that_aws_does_not_document_is_refused(event: RawEvent) -> None:
    with pytest.raises(MalformedEvent):
        event.read()


@pytest.mark.parametrize(
    "data",
    [
        {"approved_by": 5},
        {"approved_by": ""},
        {"approved_by": None},
        {"requested_by": ["ada"]},
        {"requested_by": "a" * 256},
        {"branch": "b" * 256},
        {"reason": "r" * 501},
        {"workflow_run": {}},
        {"rollback_of": "users 41"},
        {"request_id": "../users"},
        {"artefacts": {"platform-prod-users": 1}},
    ],
)
def test_a_request_that_its_contract_refuses_is_refused(data: dict[str, Any]) -> None:
    event = requested(**{"request_id": "r-1", "minutes": 0, **data})

    assert not contract_of("operations", "DeploymentRequested.v1").is_valid(json.loads(event.body)["detail"])
    with pytest.raises(MalformedEvent):
        event.read()


def test_a_request_with_the_longest_members_of_the_contract_is_read() -> None:
    contract = json.loads((CONTRACT_EXAMPLE.parent / "DeploymentRequested.v1.schema.json").read_text("utf-8"))
    members = contract["properties"]["data"]["properties"]
    longest = {name: "a" * each["maxLength"] for name, each in members.items() if "maxLength" in each}
    assert longest.keys() == {"approved_by", "branch", "reason", "requested_by", "workflow_run"}

    assert requested("r-1", 0, **longest).read()


def test_the_example_of_the_contract_is_a_request() -> None:
    envelope = json.loads(CONTRACT_EXAMPLE.read_text("utf-8"))
    contract_of("operations", "DeploymentRequested.v1").validate(envelope)

    delivered = {"source": "operations", "detail-type": envelope["type"], "time": envelope["time"], "detail": envelope}
    read = RawEvent.of(delivered).read()

    assert read
    assert read.environment == "prod"
