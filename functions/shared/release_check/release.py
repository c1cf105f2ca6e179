"""The release of one version: the check before it gets traffic, and the bake after it has all of it."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from functions.shared.release_check.calls import CheckFailed, Invoke, Outcome, Tries, check, openapi_of

# A version that fails 15 % of the calls of one route fails one of so many checks with a probability of 96 %.
CHECKS_BEFORE = 20
# Between two checks while a version bakes.
PAUSE_MINUTES = 0.25
# The function must report the verdict before Lambda ends it; a check may take as long.
MARGIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The state of an alias: its version, and the further versions that get traffic."""

    version: str
    others: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The time of the function.

    Attributes:
        left_s: Returns the seconds until Lambda ends it.
        now_s: A monotonic clock, in seconds.
        sleep: Waits for some seconds.
    """

    left_s: Callable[[], float]
    now_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Platform(Protocol):
    """The part of AWS that a release check needs."""

    def function_of(self, deployment_id: str) -> str:
        """Return the full name of the function that a deployment releases."""

    def is_running(self, deployment_id: str) -> bool:
        """Return False if a deployment has ended, for example because an alarm stopped it."""

    def live(self, function: str) -> Live:
        """Return the state of a function's alias."""

    def invoke(self, function: str, version: str, event: Mapping[str, Any]) -> Outcome:
        """Invoke a version of a function."""

    def report(self, deployment_id: str, execution_id: str, *, succeeded: bool) -> None:
        """Tell CodeDeploy the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The check of one deployment.

    Attributes:
        function: The full name of the function.
        name: Its name in the manifest.
        version: The new version.
        deployment_id: Of CodeDeploy.
    """

    function: str
    name: str
    version: str
    deployment_id: str

    def run(
        self,
        platform: Platform,
        checks: Mapping[str, Any],
        *,
        bake_minutes: int,
        minute_s: float,
        clock: Clock,
    ) -> int:
        """Check the version some times before it gets traffic; again and again while it bakes.

        CodeDeploy names its lifecycle event in none of the members of a hook's event. The alias shows which one it is:
        before it moves traffic, no request reaches the new version. If a person moves the alias to another version
        while this one bakes, the release fails.

        Returns:
            The number of checks.

        Raises:
            CheckFailed: A call of a check did not end as expected.
        """
        live = platform.live(self.function)
        if not self._gets_traffic(live):
            return self._check_beside(live.version, platform, checks, clock=clock)
        pause_s, count = PAUSE_MINUTES * minute_s, 0
        ends_at = clock.now_s() + bake_minutes * minute_s
        while True:
            check(checks, self.name, self._invoke(platform, self.version), serving=None)
            count += 1
            ends_first = clock.now_s() + pause_s > ends_at or clock.left_s() < pause_s + MARGIN_S
            if ends_first or not platform.is_running(self.deployment_id):
                return count
            clock.sleep(pause_s)
            if not self._gets_traffic(live := platform.live(self.function)):
                # CodeDeploy takes the release back, and ends the deployment in a moment, or a person moved the alias.
                clock.sleep(pause_s)
                if not platform.is_running(self.deployment_id):
                    return count
                raise CheckFailed("the alias", expected=f"version {self.version}", got=f"version {live.version}")

    def _gets_traffic(self, live: Live) -> bool:
        return self.version in {live.version, *live.others}

    def _check_beside(self, serving: str, platform: Platform, checks: Mapping[str, Any], *, clock: Clock) -> int:
        """Check the new version some times; each time, ask the one that serves, too, for the times of its answers."""
        document, count = self._document_of(serving, platform, checks), 0
        tries, beside = Tries(), Tries()
        while count < CHECKS_BEFORE and clock.left_s() > MARGIN_S:
            # The first check starts the version; its times are those of a cold start.
            own = tries if count else None
            check(checks, self.name, self._invoke(platform, self.version), serving=document, tries=own)
            if document:
                with suppress(CheckFailed):
                    check(checks, self.name, self._invoke(platform, serving), serving=None, tries=beside)
            tries.require_on_time(beside=beside)
            count += 1
        return count

    def _invoke(self, platform: Platform, version: str) -> Invoke:
        return lambda event: platform.invoke(self.function, version, event)

    def _document_of(self, version: str, platform: Platform, checks: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the OpenAPI document of the serving version; None for other functions, or if that version fails.

        A version that fails must not stop the release that repairs it.
        """
        if "requests" not in checks["functions"][self.name]:
            return None
        try:
            return openapi_of(checks, self._invoke(platform, version))
        except CheckFailed:
            return None
