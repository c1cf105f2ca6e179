"""The right to export a source: a caller can export only data that the caller may read there."""

from functions.exports.domain import Source
from functions.shared.auth.callers import Caller
from functions.shared.errors import Forbidden
from functions.shared.interface.names import ADMIN

# Sources in which members own data.
OWNED: frozenset[Source] = frozenset({"users"})


def check_may_read(caller: Caller, source: Source) -> None:
    """Check that a caller may read the source, all of it or only their own data.

    Raises:
        Forbidden: A machine client lacks the scope of the source, or members own no data there.
    """
    scope = f"{source}/read"
    if caller.is_machine and scope not in caller.scopes:
        raise Forbidden(f"Exports of {source} also need the scope {scope}; the token lacks it.", scope=scope)
    if caller.restricted_to is not None and source not in OWNED:
        raise Forbidden(f"Only people of the group {ADMIN} may export {source}.")
