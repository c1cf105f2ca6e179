"""Whether limits leave room."""

import pytest

from operate.checks.account import Concurrency, Quota
from operate.checks.quotas import CHECKS
from tests.operate.checks.fakes import FakeAccount, found, named, plan, states
from tests.operate.pricing.resources import stack

RESERVING = stack({"Worker": ("AWS::Lambda::Function", {"ReservedConcurrentExecutions": 50})})
NETWORK = stack({"Vpc": ("AWS::EC2::VPC", {})})
GATEWAY = stack(
    {
        "Task": ("AWS::ECS::TaskDefinition", {"Cpu": "512"}),
        "Target": ("AWS::ApplicationAutoScaling::ScalableTarget", {"MaxCapacity": 20}),
    }
)


@pytest.mark.parametrize(
    ("limit", "unreserved", "state"),
    [(1000, 1000, "ok"), (1000, 150, "ok"), (1000, 149, "wrong"), (10, 10, "wrong")],
)
def test_what_functions_reserve_must_leave_a_hundred(limit: int, unreserved: int, state: str) -> None:
    account = FakeAccount(invocations=Concurrency(limit=limit, unreserved=unreserved))

    [finding] = found(named(CHECKS, "concurrency"), plan(RESERVING), account)

    assert finding.state == state
    assert state == "ok" or "--quota-code L-B99A9384" in finding.do


def test_what_is_reserved_already_is_not_needed_again() -> None:
    account = FakeAccount(
        invocations=Concurrency(limit=1000, unreserved=100), states={"platform-dev-things": "UPDATE_COMPLETE"}
    )

    assert states(found(named(CHECKS, "concurrency"), plan(RESERVING), account)) == ["ok"]


def test_a_new_account_s_ten_invocations_are_worth_a_warning() -> None:
    account = FakeAccount(invocations=Concurrency(limit=10, unreserved=10))

    assert states(found(named(CHECKS, "concurrency"), plan(stack({})), account)) == ["warning"]


@pytest.mark.parametrize(("used", "state"), [(4, "ok"), (5, "wrong")])
def test_a_network_more_must_be_allowed(used: int, state: str) -> None:
    limits = {"VPCs per Region": Quota(code="L-F678F1CE", value=5)}

    [finding] = found(named(CHECKS, "network limits"), plan(NETWORK), FakeAccount(limits=limits, counts={"vpcs": used}))

    assert finding.state == state
    assert state == "ok" or "--service-code vpc --quota-code L-F678F1CE --desired-value 6" in finding.do


def test_a_network_that_is_deployed_needs_no_other() -> None:
    account = FakeAccount(states={"platform-dev-things": "CREATE_COMPLETE"}, counts={"vpcs": 5})

    assert found(named(CHECKS, "network limits"), plan(NETWORK), account) == []


@pytest.mark.parametrize(("limit", "state"), [(20, "ok"), (19, "wrong")])
def test_twice_the_most_tasks_must_be_allowed_since_new_ones_run_beside_the_old(limit: float, state: str) -> None:
    limits = {"Fargate On-Demand vCPU resource count": Quota(code="L-3032A538", value=limit)}

    assert states(found(named(CHECKS, "tasks limit"), plan(GATEWAY), FakeAccount(limits=limits))) == [state]


@pytest.mark.parametrize(("limit", "state"), [(1, "ok"), (0, "wrong")])
def test_every_service_needs_a_rule_of_the_load_balancer(limit: float, state: str) -> None:
    rules = stack({"Rule": ("AWS::ElasticLoadBalancingV2::ListenerRule", {})})
    limits = {"Rules per Application Load Balancer": Quota(code="L-1", value=limit)}

    assert states(found(named(CHECKS, "rules limit"), plan(rules), FakeAccount(limits=limits))) == [state]


def test_a_limit_that_aws_does_not_tell_could_not_be_checked() -> None:
    assert states(found(named(CHECKS, "tasks limit"), plan(GATEWAY), FakeAccount())) == ["unknown"]
