"""Classifies deployments for the KPIs: releases, re-runs, rollbacks; failures, and the deployment that ended each.

The classification reads all deployments that it gets, in order. It does not depend on the window of a report, so a
window that moves never blames another deployment (https://github.com/apache/incubator-devlake/issues/4989).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from functions.operations.domain import Deployment, Outcome

type Kind = Literal["release", "re-run", "rollback"]


@dataclass(slots=True, kw_only=True)
class Attempt:
    """A deployment with its meaning for the KPIs.

    Attributes:
        kind: `rollback` if it restored an older version: by request, or because it deployed a commit that was live
            before the present one. `re-run` if it deployed the commit that is live. Else `release`.
        outcome: None while it runs or bakes.
        ended_at: None before the end.
        is_repair: True for a release past alarms, and for the next release of a stack after a failed one.
        failed_at: The time of a failure: of the first event that says so or, for a release that succeeded and was
            rolled back later, of its end.
        recovered_at: The time at which the stacks of a failed release served a sound version again.
        recovered_by: The deployment that restored it; the failed one itself if AWS took it back.
    """

    deployment: Deployment
    kind: Kind
    outcome: Outcome | None
    ended_at: datetime | None
    is_repair: bool = False
    failed_at: datetime | None = None
    recovered_at: datetime | None = None
    recovered_by: str | None = None

    @property
    def deployment_id(self) -> str:
        """The id of the deployment."""
        return self.deployment.deployment_id

    @property
    def commit(self) -> str | None:
        """The deployed commit; None without a request."""
        return self.deployment.request.commit if self.deployment.request else None


class History:
    """The attempts so far, and what each stack serves."""

    def __init__(self) -> None:
        # For each stack, the releases that succeeded and were not taken back; the last one is live.
        self._live: dict[str, list[Attempt]] = defaultdict(list)
        # For each stack, the failed releases that no later deployment has ended.
        self._open: dict[str, list[Attempt]] = defaultdict(list)
        # The stacks that a failed release still hurts, for each such release.
        self._hurt: dict[str, set[str]] = {}
        # The stacks on which the last release failed or was taken back.
        self._to_repair: set[str] = set()
        self.attempts: list[Attempt] = []

    def add(self, deployment: Deployment, *, now: datetime) -> None:
        """Add the next deployment in time."""
        attempt = Attempt(
            deployment=deployment,
            kind=self._kind_of(deployment),
            outcome=deployment.outcome(now=now),
            ended_at=deployment.ended_at(now=now),
        )
        self.attempts.append(attempt)
        request = deployment.request
        if attempt.kind == "release":
            attempt.is_repair = bool(request and request.past_alarms) or bool(deployment.stacks & self._to_repair)
        if attempt.outcome == "succeeded":
            self._succeed(attempt)
        elif attempt.outcome == "failed" and attempt.kind == "release":
            self._fail(attempt)

    def _kind_of(self, deployment: Deployment) -> Kind:
        request = deployment.request
        if request is None:
            return "release"
        if request.rollback_of:
            return "rollback"
        live = [self._live[stack] for stack in deployment.stacks]
        if all(any(before.commit == request.commit for before in stack) for stack in live):
            return "re-run" if all(stack[-1].commit == request.commit for stack in live) else "rollback"
        return "release"

    def _succeed(self, attempt: Attempt) -> None:
        stacks = attempt.deployment.stacks
        if attempt.kind == "rollback":
            self._take_back(attempt)
        if attempt.ended_at is not None:
            self._recover(stacks, by=attempt)
        if attempt.kind == "release":
            self._to_repair -= stacks
            for stack in stacks:
                self._live[stack].append(attempt)

    def _take_back(self, rollback: Attempt) -> None:
        """Mark the releases that a rollback took back as failed, and what was live before them as live."""
        for stack in rollback.deployment.stacks:
            live = self._live[stack]
            for taken in reversed(self._taken_back(rollback, live)):
                live.remove(taken)
                if taken.failed_at is None:
                    taken.failed_at = taken.ended_at
                self._to_repair.add(stack)
                self._note_open(taken, {stack})

    @staticmethod
    def _taken_back(rollback: Attempt, live: list[Attempt]) -> list[Attempt]:
        """Return the releases of a stack that a rollback took back, oldest first."""
        request = rollback.deployment.request
        named = request.rollback_of if request else None
        if named is None:
            # It deployed an older commit: everything after that commit is taken back.
            place = max(place for place, before in enumerate(live) if before.commit == rollback.commit)
            return live[place + 1 :]
        # `<service>@<version>` names no release; the one that is live on the stack is meant.
        return [before for before in live if before.deployment_id == named] or ([] if "@" not in named else live[-1:])

    def _fail(self, attempt: Attempt) -> None:
        failed = {part.stack for part in attempt.deployment.parts if part.outcome == "failed"}
        attempt.failed_at = attempt.deployment.failed_at
        self._to_repair |= failed
        taken_back = {stack for stack in failed if _was_taken_back(attempt.deployment, stack)}
        if taken_back == failed and attempt.ended_at is not None:
            attempt.recovered_at, attempt.recovered_by = attempt.ended_at, attempt.deployment_id
        else:
            self._note_open(attempt, failed - taken_back or failed)

    def _note_open(self, attempt: Attempt, stacks: set[str]) -> None:
        self._hurt.setdefault(attempt.deployment_id, set()).update(stacks)
        for stack in stacks:
            self._open[stack].append(attempt)

    def _recover(self, stacks: Iterable[str], *, by: Attempt) -> None:
        """End the failures on these stacks; one of several stacks ends with the last of them."""
        for stack in stacks:
            for failed in self._open.pop(stack, []):
                hurt = self._hurt[failed.deployment_id]
                hurt.discard(stack)
                if not hurt and failed.recovered_at is None:
                    failed.recovered_at, failed.recovered_by = by.ended_at, by.deployment_id


def classify(
    deployments: Iterable[Deployment], *, environment: str, service: str | None, now: datetime
) -> list[Attempt]:
    """Return the attempts of an environment in the order of their requests.

    A deployment without any event of AWS changed nothing and is left out.

    Args:
        deployments: In any order.
        environment: Deployments to other environments are left out.
        service: If given, only the part of each deployment that concerns its stack.
        now: The time by which outcomes are judged.
    """
    history = History()
    of_environment = (each for each in deployments if each.environment == environment and each.parts)
    for deployment in sorted(of_environment, key=lambda each: each.position):
        seen = deployment.only(f"platform-{environment}-{service}") if service else deployment
        if seen is not None:
            history.add(seen, now=now)
    return history.attempts


def _was_taken_back(deployment: Deployment, stack: str) -> bool:
    failed = [part for part in deployment.parts if part.stack == stack and part.system == "cloudformation"]
    return bool(failed) and all(part.was_taken_back for part in failed)
