"""Differences between roles and calls: calls that no role allows, and grants without a call."""

from collections.abc import Collection, Iterator

from tests.privileges.grants import Call, Grant

INSTEAD = (
    "remove it from the manifest or the construct, add a test to tests/e2e that needs it, or give the reason beside the"
    " grant: `untested_actions` of the function in service.toml, or `untested` of `allow` in cdk/"
)


def refused(
    calls: Collection[Call], grants: Collection[Grant], *, taken: Collection[tuple[str, str]] = ()
) -> Iterator[str]:
    """Yield a message for each call that the synthesized roles do not allow.

    `taken` are actions, each with its role, that a test took away for a while: a denied call then says nothing of the
    condition of a grant.
    """
    for call in calls:
        was_taken = not call.allowed and (call.role, call.action) in taken
        if not was_taken and not any(grant.covers(call) for grant in grants):
            yield (
                f"{call.role} called {call.action} on {call.resource}, which its role does not allow: grant it in the"
                " manifest or in cdk/, or do not call it"
            )


def uncalled(calls: Collection[Call], grants: Collection[Grant]) -> Iterator[str]:
    """Yield a message for each grant without a call and without a reason."""
    for grant in grants:
        if not grant.reason and not _was_called(grant, calls):
            yield (
                f"{grant.role} may call {grant.action} on {grant.resource} (statement {grant.sid}), and did so in no"
                f" end-to-end test: {INSTEAD}"
            )


def outdated(calls: Collection[Call], grants: Collection[Grant]) -> Iterator[str]:
    """Yield a message for each reason that is obsolete, because every grant with it was called."""
    for reason in dict.fromkeys(grant.reason for grant in grants if grant.reason):
        about = [grant for grant in grants if grant.reason == reason]
        if all(_was_called(grant, calls) for grant in about):
            named = ", ".join(sorted({f"{grant.action} of {grant.role}" for grant in about}))
            yield f"{named} is called: remove this reason: {reason}"


def _was_called(grant: Grant, calls: Collection[Call]) -> bool:
    return any(call.allowed and grant.covers(call) for call in calls)
