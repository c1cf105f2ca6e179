"""CloudFormation's record follows an alias that was moved by hand, and no traffic moves."""

import pytest
from botocore.exceptions import WaiterError

from operate.deployed import recorded_versions
from operate.errors import OperateError
from operate.releases.agreement import agree
from tests.operate.releases.fakes import FakeLambda, FakeStacks, Said, target_of

STACK, API, RELAY = "platform-prod-users", "platform-prod-users-api", "platform-prod-users-relay"


class World:
    """The service users: the api was moved by hand from 42 to 41, the relay was not."""

    def __init__(self, *, api: tuple[str, dict[str, float]] = ("41", {})) -> None:
        self.aws_lambda = FakeLambda(**{API: api, RELAY: ("7", {})})
        self.stacks = FakeStacks({STACK: {API: "42", RELAY: "7"}}, self.aws_lambda)
        self.uploads: list[tuple[str, str, bytes]] = []
        self.said = Said()

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - as boto3 names it
        self.uploads.append((Bucket, Key, Body))

    def agree(self, *services: str) -> list[str]:
        clients = {"lambda": self.aws_lambda, "cloudformation": self.stacks, "s3": self}
        return agree(target_of("prod", **clients), services or ("users",), progress=self.said)


def test_the_record_follows_the_alias_and_the_other_aliases_stay_as_they_are() -> None:
    world = World()

    lines = world.agree()

    assert lines == [f"{API}: CloudFormation recorded version 42, the alias has 41"]
    assert world.stacks.recorded[STACK] == {API: "41", RELAY: "7"}
    assert world.aws_lambda.moved == []
    (update,) = world.stacks.updates
    assert update["Parameters"] == [{"ParameterKey": "BootstrapVersion", "UsePreviousValue": True}]
    assert "RoleARN" not in update


def test_nothing_is_updated_if_both_agree_and_a_second_run_changes_nothing() -> None:
    world = World()
    world.agree()

    assert world.agree() == []
    assert len(world.stacks.updates) == 1


def test_a_service_that_is_not_deployed_yet_is_passed_over() -> None:
    assert World().agree("activity") == []


def test_a_stack_at_work_is_left_to_the_cdk() -> None:
    world = World()
    world.stacks.status = "UPDATE_IN_PROGRESS"

    assert world.agree() == []
    assert world.stacks.updates == []


def test_a_canary_under_way_is_not_disturbed() -> None:
    world = World(api=("41", {"43": 0.1}))

    with pytest.raises(OperateError, match="in the middle of a canary"):
        world.agree()
    assert world.stacks.updates == []


def test_a_long_template_goes_through_the_bucket_of_the_cdk(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    seen = []
    monkeypatch.setattr(recorded_versions, "_LONGEST_BODY", 10)
    monkeypatch.setattr(world.stacks, "update_stack", lambda **given: seen.append(given))

    world.agree()

    ((bucket, key, body),) = world.uploads
    assert bucket == "cdk-hnb659fds-assets-111111111111-eu-west-1"
    assert seen[0]["TemplateURL"] == f"https://{bucket}.s3.eu-west-1.amazonaws.com/{key}"
    assert b'"FunctionVersion":"41"' in body


def test_an_update_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def wait(**_: object) -> None:
        raise WaiterError("stack_update_complete", "UPDATE_ROLLBACK_COMPLETE", {})

    monkeypatch.setattr(world.stacks, "wait", wait)

    with pytest.raises(OperateError, match=r"did not record the versions of platform-prod-users: .*ROLLBACK"):
        world.agree()
