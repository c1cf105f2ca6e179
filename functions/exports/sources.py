"""Whom each source lets have it exported: who may not read something there may not have it exported either."""

from functions.exports.domain import Source
from functions.shared.auth.callers import Caller
from functions.shared.errors import Forbidden
from functions.shared.interface.names import ADMIN

# Of which a member owns something.
OWNED: frozenset[Source] = frozenset({"users"})


def check_may_read(caller: Caller, source: Source) -> None:
    """Let a caller pass who may read the source itself, all of it or what is theirs.

    Raises:
        Forbidden: A machine client lacks the scope of the source, or a member owns nothing there.
    """
    scope = f"{source}/read"
    if caller.is_machine and scope not in caller.scopes:
        raise Forbidden(f"Exports of {source} need the scope {scope}, too; the token lacks it.", scope=scope)
    if caller.restricted_to is not None and source not in OWNED:
        raise Forbidden(f"Only people of the group {ADMIN} may export {source}.")
