"""A rollback: stop what shifts, move each alias, and let CloudFormation record it."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from operate.deployed.aliases import LambdaAliases
from operate.progress import Progress
from operate.releases.rollback_plan import Move
from operate.releases.shifts import Shift, Shifts

# CodeDeploy moves an alias of Lambda within seconds.
_LONGEST_STOP_S = 45
_PERIOD_S = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result for one function.

    Attributes:
        function: The full name.
        before: The version at the time of the plan.
        after: The version that serves now.
        result: `moved`, `stopped`, `left` or `failed`.
        detail: The reason, or the error.
    """

    function: str
    before: str
    after: str
    result: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """Carries a plan out.

    Attributes:
        aliases: The aliases.
        shifts: The shifts of the service.
        progress: Receives the progress.
        sleep: Waits, in seconds.
        clock: Returns a time in seconds.
    """

    aliases: LambdaAliases
    shifts: Shifts
    progress: Progress
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def run(self, moves: Sequence[Move], *, by_cloudformation: Collection[str] = ()) -> list[Outcome]:
        """Stop and move; a function that fails does not keep the others from going back.

        If a shift is stopped, CloudFormation takes the whole stack back by itself. Functions of the release that have
        already shifted are left to it: its own rollback would fail on an alias that was moved by hand.

        Args:
            moves: The plan.
            by_cloudformation: Functions that are left to CloudFormation in any case.
        """
        stopped = [move for move in moves if move.running]
        for move in stopped:
            for shift in move.running:
                self._stop(shift, move.alias.function)
        self._wait(stopped)
        return [
            self._carry_out(
                move,
                by_cloudformation=(bool(stopped) and not move.running) or move.alias.function in by_cloudformation,
            )
            for move in moves
        ]

    def _stop(self, shift: Shift, function: str) -> None:
        """Stop a shift; one that takes another one back must go on."""
        if shift.takes_back:
            self.progress.say(f"{shift.deployment_id} takes {function} back already.")
            return
        self.progress.say(f"Stopping {shift.deployment_id} of {function} …")
        try:
            self.shifts.stop(shift.deployment_id)
        except (BotoCoreError, ClientError) as error:
            self.progress.say(f"⚠ CodeDeploy does not stop {shift.deployment_id}: {error}")

    def _wait(self, moves: Sequence[Move]) -> None:
        ids = [shift.deployment_id for move in moves for shift in move.running]
        end = self.clock() + _LONGEST_STOP_S
        while open_ids := [each for each in ids if not self._is_over(each)]:
            if self.clock() > end:
                self.progress.say(f"CodeDeploy has not ended {', '.join(open_ids)}; moving the aliases now.")
                return
            self.progress.show(f"waiting for {', '.join(open_ids)}")
            self.sleep(_PERIOD_S)

    def _is_over(self, deployment_id: str) -> bool:
        """Return True if a shift has ended; if AWS does not say, ask again."""
        try:
            return self.shifts.is_over(deployment_id)
        except (BotoCoreError, ClientError):
            return False

    def _carry_out(self, move: Move, *, by_cloudformation: bool) -> Outcome:
        name, before = move.alias.function, move.alias.version
        if move.to is None or not move.changes:
            return Outcome(function=name, before=before, after=before, result="left", detail=move.why)
        if by_cloudformation:
            detail = "CloudFormation takes it back with its stack"
            return Outcome(function=name, before=before, after=before, result="left", detail=detail)
        try:
            # Without a shift that changed it, an alias that differs from the plan belongs to another person's work.
            alias = self.aliases.find(name) if move.running else move.alias
            if alias is None or (alias.version == move.to and not alias.is_split):
                return Outcome(function=name, before=before, after=move.to, result="stopped", detail=move.why)
            self.aliases.move(alias, move.to)
        except (BotoCoreError, ClientError) as error:
            return Outcome(function=name, before=before, after=before, result="failed", detail=_explained(error))
        return Outcome(function=name, before=before, after=move.to, result="moved", detail=move.why)


def _explained(error: Exception) -> str:
    if isinstance(error, ClientError) and error.response["Error"]["Code"] == "PreconditionFailedException":
        return "the alias changed after the plan was made; look again, then repeat the command"
    return str(error)
