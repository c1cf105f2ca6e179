"""The KPIs, and the traps into which others fell; the numbers of issues are those of apache/incubator-devlake."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from functions.operations.facts import RawEvent
from functions.operations.joining import join
from functions.operations.kpis import DEFINITIONS, LEAST_FOR_A_SHARE, Kpi, Report, report
from functions.operations.recording import statements_of
from tests.operations.events import NOON, codedeploy_event, requested, stack_event, update
from tests.operations.stories import FILES, USERS, commit, release

DAY = 24 * 60
TAKEN_BACK = "UPDATE_ROLLBACK_COMPLETE"


def rollback(of: str, minutes: float, *, stack: str = USERS) -> list[RawEvent]:
    return [
        requested(f"back-{minutes}", minutes, stacks=[stack], rollback_of=of),
        codedeploy_event("START", minutes, application=stack, deployment=f"d-{minutes}"),
        codedeploy_event("SUCCESS", minutes + 2, application=stack, deployment=f"d-{minutes}"),
    ]


def reported(
    *events: Iterable[RawEvent],
    environment: str = "prod",
    service: str | None = None,
    days: int = 30,
    now: datetime = NOON + timedelta(hours=11),
) -> Report:
    deployments = join(statements_of(each for group in events for each in group)).values()
    return report(deployments, environment=environment, service=service, days=days, now=now)


def kpi(name: str, found: Report) -> Kpi:
    return next(each for each in found.kpis if each.definition.name == name)


def ids(name: str, found: Report) -> list[str]:
    return [row.deployment_id for row in kpi(name, found).rows]


def counted(name: str, found: Report) -> list[str]:
    return [row.deployment_id for row in kpi(name, found).rows if row.value]


def test_there_are_the_three_of_the_platform_and_the_five_of_dora() -> None:
    sets = {each.name: each.sets for each in DEFINITIONS}

    assert sum("platform" in each for each in sets.values()) == 3
    assert [name for name, each in sets.items() if "dora" in each] == [
        "deployment_frequency",
        "change_lead_time",
        "change_fail_rate",
        "failed_deployment_recovery_time",
        "rework_rate",
    ]
    assert all(each.text.endswith(".") for each in DEFINITIONS)


def test_cycle_time_and_lead_time_are_medians() -> None:
    found = reported(*(release(number, number * 100) for number in range(3)), release(9, 301, end=TAKEN_BACK))

    assert (kpi("deployment_cycle_time", found).value, kpi("deployment_cycle_time", found).count) == (6 * 60, 3)
    assert kpi("change_lead_time", found).value == 66 * 60


def test_frequency_is_releases_a_day_of_the_window() -> None:
    found = reported(*(release(number, number * -DAY) for number in range(6)), days=7)

    assert kpi("deployment_frequency", found).value == pytest.approx(6 / 7)


def test_fewer_than_ten_releases_have_rows_and_no_share() -> None:
    few = reported(*(release(number, number * -100) for number in range(LEAST_FOR_A_SHARE - 1)))
    enough = reported(*(release(number, number * -100) for number in range(LEAST_FOR_A_SHARE)))

    for name in ("deployment_success_rate", "change_fail_rate", "rework_rate"):
        assert (kpi(name, few).value, kpi(name, few).count) == (None, LEAST_FOR_A_SHARE - 1)
    assert kpi("deployment_success_rate", enough).value == 1
    assert kpi("change_fail_rate", enough).value == 0


def test_shares_count_what_failed() -> None:
    found = reported(*(release(number, number * 10) for number in range(9)), release(9, 95, end=TAKEN_BACK))

    assert kpi("deployment_success_rate", found).value == pytest.approx(0.9)
    assert kpi("change_fail_rate", found).value == pytest.approx(0.1)
    assert counted("change_fail_rate", found) == ["r-9-95"]


def test_nothing_was_deployed() -> None:
    found = reported([])

    assert {each.definition.name: each.value for each in found.kpis if each.value is not None} == {
        "deployment_frequency": 0
    }


def test_a_release_that_bakes_is_in_no_number() -> None:
    found = reported([requested("r-1", 0), stack_event("UPDATE_IN_PROGRESS", 1)])

    assert found.baking == ("r-1",)
    assert not any(each.count for each in found.kpis)


def test_a_rerun_of_the_live_commit_is_no_release() -> None:
    found = reported(release(1, 0), release(1, 60), release(1, 120))

    assert ids("deployment_frequency", found) == ["r-1-0"]
    assert ids("change_lead_time", found) == ["r-1-0"]


def test_a_rerun_after_a_failure_is_a_release_that_repairs() -> None:
    found = reported(release(1, 0, end=TAKEN_BACK), release(1, 60))

    assert ids("deployment_frequency", found) == ["r-1-60"]
    assert counted("rework_rate", found) == ["r-1-60"]


def test_the_same_commit_on_another_stack_is_a_release() -> None:
    found = reported(release(1, 0), release(1, 60, stack=FILES))

    assert len(ids("deployment_frequency", found)) == 2


def test_a_rollback_is_no_release_and_marks_the_release_that_it_takes_back() -> None:
    found = reported(release(1, 0), release(2, 60), rollback("r-2-60", 90))

    assert ids("deployment_frequency", found) == ["r-1-0", "r-2-60"]
    assert counted("change_fail_rate", found) == ["r-2-60"]
    [recovery] = kpi("failed_deployment_recovery_time", found).rows
    assert (recovery.deployment_id, recovery.because_of, recovery.value) == ("r-2-60", "back-90", (92 - 66) * 60)


def test_a_rollback_to_a_version_takes_back_the_release_that_is_live_on_the_stack() -> None:
    found = reported(release(1, 0), release(2, 60), release(3, 70, stack=FILES), rollback("users@41", 90))

    assert counted("change_fail_rate", found) == ["r-2-60"]


def test_a_deployment_of_an_older_commit_is_a_rollback() -> None:
    found = reported(release(1, 0), release(2, 60), release(1, 90))

    assert ids("deployment_frequency", found) == ["r-1-0", "r-2-60"]
    assert counted("change_fail_rate", found) == ["r-2-60"]


def test_a_commit_that_was_taken_back_can_be_released_again() -> None:
    found = reported(release(1, 0), release(2, 60), rollback("r-2-60", 90), release(2, 120))

    assert ids("deployment_frequency", found) == ["r-1-0", "r-2-60", "r-2-120"]


def test_dev_does_not_count_for_prod() -> None:
    dev = release(1, 0, stack="platform-dev-users", end=TAKEN_BACK)

    assert not any(each.count for each in reported(dev).kpis)
    assert counted("change_fail_rate", reported(dev, environment="dev")) == ["r-1-0"]


def test_several_stacks_and_canaries_are_one_release() -> None:
    """#8145: a pipeline with a child was counted as two deployments."""
    events = [
        requested("r-1", 0, stacks=[USERS, FILES]),
        *update(1, operation="t-1"),
        *update(10, operation="t-2", stack=FILES),
        *(
            codedeploy_event(state, 2, deployment=f"d-{number}")
            for state in ("START", "SUCCESS")
            for number in range(3)
        ),
    ]

    assert ids("deployment_frequency", reported(events)) == ["r-1"]
    assert ids("deployment_frequency", reported(events, service="files")) == ["r-1"]


def test_a_service_is_not_blamed_for_the_failure_of_another_in_the_same_release() -> None:
    events = [
        requested("r-1", 0, stacks=[USERS, FILES]),
        *update(1, operation="t-1"),
        *update(10, operation="t-2", stack=FILES, end=TAKEN_BACK),
    ]

    assert counted("change_fail_rate", reported(events)) == ["r-1"]
    assert counted("change_fail_rate", reported(events, service="files")) == ["r-1"]
    assert ids("change_fail_rate", reported(events, service="users")) == ["r-1"]
    assert counted("change_fail_rate", reported(events, service="users")) == []


def test_a_hotfix_off_a_branch_leads_from_its_own_commit() -> None:
    hotfix = release(
        2, 60, branch="hotfix/login", committed_at=(NOON + timedelta(minutes=56)).isoformat(), past_alarms=True
    )
    found = reported(release(1, 0), hotfix)

    assert [row.value for row in kpi("change_lead_time", found).rows] == [66 * 60, 10 * 60]
    assert counted("rework_rate", found) == ["r-2-60"]


def test_a_commit_from_the_future_has_no_lead_time() -> None:
    found = reported(release(1, 0, committed_at=(NOON + timedelta(days=1)).isoformat()))

    assert (kpi("change_lead_time", found).count, kpi("deployment_frequency", found).count) == (0, 1)


def test_a_release_over_midnight_counts_once_on_the_day_on_which_it_ends() -> None:
    events = release(1, 12 * 60 - 3)
    ended_at = NOON + timedelta(hours=12, minutes=3)

    before = reported(events, days=7, now=ended_at + timedelta(days=6, hours=23))
    after = reported(events, days=7, now=ended_at + timedelta(days=7))

    assert ids("deployment_frequency", before) == ["r-1-717"]
    assert ids("deployment_frequency", after) == []


def test_days_are_those_of_utc() -> None:
    found = reported([], days=7, now=NOON)

    assert (found.start, found.end) == (NOON.replace(hour=0) - timedelta(days=6), NOON)


def test_the_recovery_of_another_service_ends_no_failure() -> None:
    """#4989, #8150: the last deployment before an incident was blamed, even of another service."""
    broken = [
        requested("r-bad", 0, commit=commit(7)),
        *update(1, operation="t-bad", end="UPDATE_ROLLBACK_FAILED"),
    ]
    found = reported(broken, release(2, 60, stack=FILES), release(3, 120))

    [recovery] = kpi("failed_deployment_recovery_time", found).rows
    assert (recovery.deployment_id, recovery.because_of) == ("r-bad", "r-3-120")
    assert recovery.value == (126 - 4) * 60


def test_a_failure_that_is_not_over_has_no_recovery_time_yet() -> None:
    found = reported([requested("r-bad", 0), *update(1, operation="t", end="UPDATE_ROLLBACK_FAILED")])

    assert counted("change_fail_rate", found) == ["r-bad"]
    assert kpi("failed_deployment_recovery_time", found).value is None


def test_a_release_that_aws_takes_back_has_recovered_by_itself() -> None:
    found = reported(release(1, 0, end=TAKEN_BACK), release(2, 60))

    [recovery] = kpi("failed_deployment_recovery_time", found).rows
    assert (recovery.deployment_id, recovery.because_of, recovery.value) == ("r-1-0", "r-1-0", 2 * 60)


def test_a_window_that_moves_blames_the_same_deployments() -> None:
    """#4989: one day more or less of data associated an incident with another deployment."""
    events = [
        *release(1, -10 * DAY),
        *release(2, -8 * DAY),
        *release(3, -5 * DAY),
        *rollback("r-3--7200", -4 * DAY),
        *release(4, -3 * DAY),
    ]
    blamed = [
        {
            row.deployment_id: row.because_of
            for row in kpi("change_fail_rate", reported(events, days=days)).rows
            if row.value
        }
        for days in (7, 30, 90)
    ]

    assert blamed == [{"r-3--7200": "back--5760"}] * 3


def test_a_repair_is_the_next_release_of_the_failed_stack_only() -> None:
    """#8730: the fifth number of DORA."""
    found = reported(release(1, 0, end=TAKEN_BACK), release(2, 30, stack=FILES), release(3, 60), release(4, 90))

    assert counted("rework_rate", found) == ["r-3-60"]


def test_a_change_without_a_request_counts_without_a_lead_time() -> None:
    found = reported(update(1, operation="by-hand"))

    assert (kpi("deployment_frequency", found).count, kpi("change_lead_time", found).count) == (1, 0)


def test_a_request_that_changed_nothing_is_no_release() -> None:
    assert not any(each.count for each in reported([requested("r-1", 0)]).kpis)
