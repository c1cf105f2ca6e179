import pytest

from local.stacks import Stack


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("UPDATE_COMPLETE", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
        ("UPDATE_IN_PROGRESS", False),
        ("UPDATE_ROLLBACK_FAILED", False),
        ("ROLLBACK_COMPLETE", False),
    ],
)
def test_a_stack_is_complete_after_a_change_and_after_its_rollback(status: str, *, expected: bool) -> None:
    assert Stack(name="s", status=status, outputs={}, resources=(), left_out={}).complete is expected
