"""What must not be the same in all the processes that Lambda restores from one snapshot (SnapStart).

A module that keeps something for a while, or holds a connection, says beside it how that is given up: `at_restore`.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

import os
import sys
from collections.abc import Callable

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_OF_SNAPSHOT = "snap-start"

_at_restore: list[Callable[[], object]] = []


def at_restore(give_up: Callable[[], object]) -> None:
    """Let `give_up` run in each process that is restored, before its first request."""
    _at_restore.append(give_up)


def prepare_snapshot(prepare: Callable[[], object]) -> None:
    """Run `prepare`, which makes what requests need, if Lambda is about to take a snapshot of this process.

    Elsewhere nothing happens, for there each start would pay for what its first request may not need.
    """
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != _OF_SNAPSHOT:
        return
    # Part of Lambda's runtime, and of no bundle.
    from snapshot_restore_py import register_after_restore  # noqa: PLC0415

    prepare()
    register_after_restore(restore)


def restore() -> None:
    """Give up what a restored process may not share with its siblings, or has kept for longer than it can know.

    The monotonic clock stands still in a snapshot, so that what was to be kept for minutes may be days old.
    """
    # Ids and secrets come from the system, which seeds itself anew; this generator would repeat itself everywhere.
    if generator := sys.modules.get("random"):
        generator.seed()
    for give_up in _at_restore:
        give_up()
