"""The checks of the account's limits."""

import pytest

from operate.checks.account import Concurrency
from operate.checks.limits import check_concurrency, check_tasks
from operate.target import Target
from tests.operate.checks.fakes import FakeAccount, target

RESERVED = 50


def reserving(**settings: object) -> Target:
    """Return a target with functions that reserve 50 invocations together."""
    made = target(**{"reserved_concurrency": True} | settings)
    users = made.manifests["users"]
    functions = {name: each.model_copy(update={"reserved_concurrency": None}) for name, each in users.functions.items()}
    functions["api"] = functions["api"].model_copy(update={"reserved_concurrency": RESERVED})
    made.manifests = {"users": users.model_copy(update={"functions": functions})}
    return made


@pytest.mark.parametrize(
    ("limit", "unreserved", "state"),
    [(1000, 1000, "ok"), (1000, 150, "ok"), (1000, 149, "problem"), (10, 10, "problem")],
)
def test_functions_must_leave_a_hundred_invocations_unreserved(limit: int, unreserved: int, state: str) -> None:
    account = FakeAccount(invocations=Concurrency(limit=limit, unreserved=unreserved))

    [finding] = check_concurrency(reserving(), account)

    assert finding.state == state
    assert state == "ok" or "--quota-code L-B99A9384" in finding.remedy


def test_a_deployed_service_needs_no_further_concurrency() -> None:
    account = FakeAccount(invocations=Concurrency(limit=1000, unreserved=100), stacks={"platform-dev-users"})

    [finding] = check_concurrency(reserving(), account)

    assert finding.state == "ok"


def test_the_ten_invocations_of_a_new_account_are_a_warning_if_nothing_is_reserved() -> None:
    account = FakeAccount(invocations=Concurrency(limit=10, unreserved=10))

    [finding] = check_concurrency(reserving(reserved_concurrency=False), account)

    assert finding.state == "warning"


@pytest.mark.parametrize(("vcpus", "state"), [(20, "ok"), (19, "problem")])
def test_fargate_must_allow_twice_the_tasks_since_new_ones_run_beside_the_old(vcpus: float, state: str) -> None:
    edge = {"task_cpu": 512, "task_memory_mb": 1024, "tasks_max": 20}

    [finding] = check_tasks(target(edge=edge), FakeAccount(vcpus=vcpus))

    assert finding.state == state
    assert state == "ok" or "--service-code fargate --quota-code L-3032A538 --desired-value 20" in finding.remedy
