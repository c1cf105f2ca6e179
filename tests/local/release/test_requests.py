"""The requests for canaries."""

import json
from typing import Any

import pytest

from local.release.requests import forget_all, requested


class FakeParameters:
    """The parameters of SSM, by name."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def put_parameter(self, *, Name: str, Value: str, **_: Any) -> None:  # noqa: N803 - the API's names
        self.values[Name] = Value

    def delete_parameter(self, *, Name: str) -> None:  # noqa: N803 - as above
        del self.values[Name]

    def get_parameters_by_path(self, *, Path: str) -> Any:  # noqa: N803 - as above
        return {"Parameters": [{"Name": name} for name in self.values if name.startswith(f"{Path}/")]}


def test_a_stack_is_released_as_a_canary_only_during_the_block() -> None:
    ssm = FakeParameters()

    with requested(ssm, "platform-local-users", minute_s=2.0):
        [(name, value)] = ssm.values.items()
        assert (name, json.loads(value)) == ("/embedded-aws/releases/platform-local-users", {"minute_s": 2.0})

    assert ssm.values == {}


def test_an_error_in_the_block_ends_the_request() -> None:
    ssm = FakeParameters()

    with pytest.raises(KeyboardInterrupt), requested(ssm, "users", minute_s=60):
        raise KeyboardInterrupt

    assert ssm.values == {}


def test_what_a_killed_command_left_is_forgotten() -> None:
    ssm = FakeParameters()
    ssm.values = {"/embedded-aws/releases/users": "{}", "/platform/local/deployed": "x"}

    forget_all(ssm)

    assert list(ssm.values) == ["/platform/local/deployed"]
