"""Old versions of functions: which can go, and what their deletion frees."""

from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from operate.deployed.aliases import LambdaAliases
from operate.deployed.recorded_versions import StackRecord
from operate.errors import OperateError
from operate.releases.shifts import Shifts, shift_to


@dataclass(frozen=True, kw_only=True)
class OldVersion:
    """A version that can be deleted.

    Attributes:
        function: The full name of the function.
        version: Its number.
        size_bytes: The size of its code, which counts against the account's quota.
    """

    function: str
    version: str
    size_bytes: int


def old_versions(
    aliases: LambdaAliases, record: StackRecord, shifts: Shifts, function: str, *, keep: int
) -> Iterator[OldVersion]:
    """Find the versions of a function that nothing needs, the oldest first.

    Never among them: the newest `keep` versions, the last `keep` versions that served (canaries may have rejected the
    newest ones) and the one that `make rollback` would go back to, versions of any alias with or without a weight,
    versions that are resources of the stack or that its template names, and both versions of a running deployment.

    Raises:
        OperateError: The stack does not exist, so nothing tells what it needs.
    """
    if record.status() is None:
        raise OperateError(f"There is no stack {record.stack}.")
    published = aliases.versions(function)
    recorded = {alias.version for alias in record.aliases() if alias.function == function}
    running = {version for shift in shifts.running(function) for version in (shift.before, shift.after)}
    newest = {each["Version"] for each in published[-keep:]} if keep else set[str]()
    in_use, done = aliases.in_use(function), shifts.done(function)
    served = list(dict.fromkeys(version for shift in done for version in (shift.after, shift.before)))[:keep]
    before = {shift.before for version in in_use if (shift := shift_to(done, version))}
    needed = newest | in_use | before | {*served} | record.versions(function) | recorded | running
    for each in published:
        if each["Version"] not in needed:
            yield OldVersion(function=function, version=each["Version"], size_bytes=each["CodeSize"])


def delete(aliases: LambdaAliases, old: OldVersion) -> str:
    """Delete a version; return an empty text, or why Lambda keeps it.

    Lambda refuses a version that an alias has taken meanwhile; one that is gone already counts as deleted.
    """
    try:
        aliases.delete(old.function, old.version)
    except ClientError as error:
        return str(error)
    return ""
