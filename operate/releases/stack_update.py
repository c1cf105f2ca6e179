"""An update of a service's stack that a rollback by hand would meet: what it does now, and how the rollback ends it.

If an alias moves by hand before CloudFormation reaches it, CodeDeploy refuses the shift, and CloudFormation's own
rollback can bring the present version back. So the rollback cancels the update: CloudFormation then takes back what it
has changed, and leaves the aliases that it has not reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from operate.deployed.recorded_versions import StackRecord
from operate.releases.rollback_plan import Move
from operate.releases.shifts import Shifts, shift_to

# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html
CANCELLED_IN = "UPDATE_IN_PROGRESS"
# Afterwards, CloudFormation only cleans up and moves no alias.
_MOVES_ALIASES = frozenset({CANCELLED_IN, "UPDATE_ROLLBACK_IN_PROGRESS"})


@dataclass(frozen=True, kw_only=True)
class StackUpdate:
    """An update that has not ended.

    Attributes:
        record: The stack.
        status: The status of the stack.
        at_work: The resources that CloudFormation is changing now, by their names in the template.
        shifted: The functions that have shifted in it; CloudFormation takes these back itself.
    """

    record: StackRecord
    status: str
    at_work: tuple[str, ...]
    shifted: frozenset[str]

    @property
    def is_cancelled(self) -> bool:
        """True if the rollback cancels the update; one that CloudFormation takes back already goes on."""
        return self.status == CANCELLED_IN

    def __str__(self) -> str:
        resources = ", ".join(self.at_work) or "between two resources"
        what = f"CloudFormation is at work on {self.record.stack} ({self.status}: {resources})."
        if not self.is_cancelled:
            return (
                f"⚠ {what} It takes a deployment back, and can move these aliases once more: repeat the command then."
            )
        left = f" It takes back itself: {', '.join(sorted(self.shifted))}." if self.shifted else ""
        return f"⚠ {what} The rollback cancels that deployment, which then fails.{left}"

    def cancel(self) -> str:
        """Cancel the update; return an empty text, or why CloudFormation goes on."""
        try:
            self.record.cancel_update()
        except (BotoCoreError, ClientError) as error:
            return str(error)
        return ""


def find_update(record: StackRecord, shifts: Shifts, moves: Sequence[Move]) -> StackUpdate | None:
    """Return the update of the stack that moves by hand would meet, or None.

    A canary needs no care: it is stopped, and CloudFormation takes its stack back.
    """
    if not any(move.changes for move in moves) or any(move.running for move in moves):
        return None
    status = record.status()
    if status not in _MOVES_ALIASES:
        return None
    began_at = record.updated_at()
    shifted = {
        move.alias.function
        for move in moves
        if (shift := shift_to(shifts.done(move.alias.function), move.alias.version)) and shift.began_at >= began_at
    }
    return StackUpdate(record=record, status=status, at_work=tuple(record.at_work()), shifted=frozenset(shifted))
