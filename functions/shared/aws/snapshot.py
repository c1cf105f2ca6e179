"""SnapStart: state that the processes restored from one snapshot must not share.

A module that caches values or holds connections registers a function with `at_restore` that drops them.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

import os
import sys
from collections.abc import Callable

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_OF_SNAPSHOT = "snap-start"

_at_restore: list[Callable[[], object]] = []


def at_restore(drop: Callable[[], object]) -> None:
    """Call `drop` in each restored process, before its first request."""
    _at_restore.append(drop)


def prepare_snapshot(prepare: Callable[[], object]) -> None:
    """Run `prepare`, which makes the objects that requests need, if Lambda is about to take a snapshot of this process.

    Without a snapshot nothing happens: each start would pay for objects that its first request may not need.
    """
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != _OF_SNAPSHOT:
        return
    # Lambda's runtime has this module; no bundle has it.
    from snapshot_restore_py import register_after_restore  # noqa: PLC0415 - see above

    prepare()
    register_after_restore(restore)


def restore() -> None:
    """Drop state that a restored process must not share with others, and caches, which may be too old.

    The monotonic clock stops in a snapshot, so a value that was to be cached for minutes may be days old.
    """
    # Ids and secrets come from the operating system, which seeds itself. This generator would return the same
    # numbers in each restored process.
    if generator := sys.modules.get("random"):
        generator.seed()
    # So would OpenSSL's, from which TLS connections take their keys: it notices a fork, but no restore. This also
    # makes it read from the operating system again (https://docs.openssl.org/3.0/man3/RAND_add/).
    if tls := sys.modules.get("ssl"):
        tls.RAND_add(os.urandom(32), 32.0)
    for drop in _at_restore:
        drop()
