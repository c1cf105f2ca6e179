"""Optimistic locking: a change that is based on a stale version is repeated, based on the stored version."""

from collections.abc import Callable

from functions.shared.errors import StaleVersion, Unavailable

CHANGE_ATTEMPTS = 5


def retry_if_stale[T](
    attempt: Callable[[], T], *, versions: frozenset[int] | None = None, attempts: int = CHANGE_ATTEMPTS, busy: str
) -> T:
    """Return the result of the first attempt that is not based on a stale version.

    Args:
        attempt: Reads, changes and stores; run again from the start after a `StaleVersion`.
        versions: The versions that the caller named in If-Match. The caller then has to see the new version first, so
            a `StaleVersion` is not retried. None for a change that fits any version.
        attempts: At most so many; more for a resource that the platform itself changes often.
        busy: The detail of `Unavailable`.

    Raises:
        StaleVersion: The caller named versions, and another one is stored.
        Unavailable: Each attempt was stale.
    """
    if versions is not None:
        return attempt()
    for _ in range(attempts):
        try:
            return attempt()
        except StaleVersion:
            continue
    raise Unavailable(busy)
