"""The plan of a rollback: which version each function of a service goes back to, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from operate.deployed.aliases import Alias, LambdaAliases
from operate.errors import OperateError, UsageError
from operate.releases.shifts import Shift, Shifts, shift_to

# The functions of a release begin to shift when their versions are ready; snapshots take some minutes.
SAME_RELEASE = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Move:
    """The part of a rollback that concerns one function.

    Attributes:
        alias: The alias at the time of the plan.
        to: The version that gets all traffic; None leaves the function as it is.
        why: The reason, for the person who confirms.
        running: The shifts to wait for; those that AWS has not begun to take back are stopped.
        taken_back: The id of the shift that put the present version into service, if CodeDeploy did.
    """

    alias: Alias
    to: str | None
    why: str
    running: tuple[Shift, ...] = ()
    taken_back: str | None = None

    @property
    def changes(self) -> bool:
        """True if the rollback stops or moves anything."""
        return self.to is not None and bool(self.running or self.alias.is_split or self.to != self.alias.version)


class Planner:
    """Plans rollbacks of a service.

    Args:
        aliases: The aliases and versions.
        shifts: The shifts of the service.
        functions: The deployed functions of the service, by their names in the manifest.
        anchor: The function that gives a release its number: the one that serves HTTP.
    """

    def __init__(
        self, aliases: LambdaAliases, shifts: Shifts, functions: Mapping[str, str], *, anchor: str | None
    ) -> None:
        self._aliases = aliases
        self._shifts = shifts
        self._functions = functions
        self._anchor = anchor

    def plan(self, *, function: str | None, to: str | None) -> list[Move]:
        """Plan the rollback of one function, or of the release that serves now.

        Args:
            function: Only this function; None means every function that the release changed.
            to: The version to go back to; None means the one that served before.

        Raises:
            UsageError: `to` needs a function.
            OperateError: A function is not deployed, or the version to go back to cannot serve.
        """
        aliases = self._deployed([function] if function else list(self._functions))
        if to is None:
            moves = self._last_release(aliases, only=function)
        elif len(aliases) == 1:
            moves = [self._to(alias, to, why="as asked") for alias in aliases.values()]
        else:
            moves = self._release_of(aliases, to)
        for move in moves:
            self._check(move)
        return moves

    def _deployed(self, names: Sequence[str]) -> dict[str, Alias]:
        """Find the aliases of functions; one that only this checkout has is not deployed yet, and has none."""
        found = {name: self._aliases.find(self._functions[name]) for name in names}
        aliases = {name: alias for name, alias in found.items() if alias is not None}
        if not aliases:
            raise OperateError(f"Not deployed: {', '.join(self._functions[name] for name in names)}.")
        return aliases

    def _last_release(self, aliases: Mapping[str, Alias], *, only: str | None) -> list[Move]:
        moves = {name: self._before(alias) for name, alias in aliases.items()}
        if only:
            return list(moves.values())
        began = {name: self._began(moves[name]) for name in moves}
        newest = max((time for time in began.values() if time), default=None)
        return [
            move if newest is None or _is_near(began[name], newest) else self._left(move)
            for name, move in moves.items()
        ]

    def _before(self, alias: Alias) -> Move:
        """Take a function back to the version that served before."""
        running = tuple(self._shifts.running(alias.function))
        if running or alias.is_split:
            # The alias of a version that bakes points to it already.
            good = running[0].good if running else alias.version
            return Move(alias=alias, to=good, why="the canary is stopped", running=running)
        if shift := shift_to(self._shifts.done(alias.function), alias.version):
            why = f"served until {shift.began_at:%Y-%m-%d %H:%M}Z"
            return Move(alias=alias, to=shift.before, why=why, taken_back=shift.deployment_id)
        older = [each["Version"] for each in self._aliases.versions(alias.function)]
        older = [version for version in older if int(version) < int(alias.version)]
        if older:
            return Move(alias=alias, to=older[-1], why="the version published before; CodeDeploy knows no shift")
        return Move(alias=alias, to=None, why="has no earlier version")

    def _began(self, move: Move) -> datetime | None:
        if move.running:
            return max(shift.began_at for shift in move.running)
        done = self._shifts.done(move.alias.function)
        return next((shift.began_at for shift in done if shift.deployment_id == move.taken_back), None)

    def _release_of(self, aliases: Mapping[str, Alias], to: str) -> list[Move]:
        """Take every function back to the release in which the anchor had a version."""
        listed = ", ".join(f"{name} {alias.version}" for name, alias in aliases.items())
        if self._anchor is None or self._anchor not in aliases:
            raise UsageError(f"Each function has versions of its own: name one, with function=…. Now: {listed}.")
        anchor = aliases[self._anchor]
        ended = next((shift for shift in self._shifts.done(anchor.function) if shift.before == to), None)
        if ended is None:
            raise UsageError(
                f"CodeDeploy knows no release in which {self._anchor} had version {to}. Name one function, with"
                f" function=…. Now: {listed}."
            )
        why = f"served with {self._anchor} {to}, until {ended.began_at:%Y-%m-%d %H:%M}Z"
        return [
            self._to(alias, to if name == self._anchor else self._served_at(alias, ended.began_at), why=why)
            for name, alias in aliases.items()
        ]

    def _served_at(self, alias: Alias, moment: datetime) -> str:
        """Return the version that served just before a release began.

        The next shift says it: CodeDeploy compares that version with the alias, so it is right even if a person moved
        the alias between two deployments.
        """
        later = [shift for shift in self._shifts.done(alias.function) if shift.began_at >= moment - SAME_RELEASE]
        return later[-1].before if later else alias.version

    def _to(self, alias: Alias, version: str, *, why: str) -> Move:
        running = tuple(self._shifts.running(alias.function))
        if version == alias.version and not running and not alias.is_split:
            return Move(alias=alias, to=None, why="has this version already")
        shift = shift_to(self._shifts.done(alias.function), alias.version)
        taken_back = shift.deployment_id if shift else None
        return Move(alias=alias, to=version, why=why, running=running, taken_back=taken_back)

    @staticmethod
    def _left(move: Move) -> Move:
        return Move(alias=move.alias, to=None, why="is not part of the last release")

    def _check(self, move: Move) -> None:
        if move.to is None or move.to == move.alias.version:
            return
        function = move.alias.function
        state = self._aliases.state(function, move.to)
        if state is None:
            known = ", ".join(_newest(self._aliases.versions(function)))
            raise OperateError(f"{function} has no version {move.to}. It has: {known or 'none'}.")
        if state != "Active":
            raise OperateError(
                f"Version {move.to} of {function} is {state}: Lambda would refuse calls until its snapshot exists"
                f" again. A call makes Lambda create it, which takes minutes: aws lambda invoke --function-name"
                f" {function}:{move.to} /dev/null. Or choose another version, with function=… to=…"
            )


def _is_near(time: datetime | None, newest: datetime) -> bool:
    return time is not None and newest - time <= SAME_RELEASE


def _newest(versions: Sequence[Mapping[str, str]]) -> list[str]:
    return [each["Version"] for each in versions[-10:]]
