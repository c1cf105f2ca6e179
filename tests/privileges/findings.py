"""Where roles and calls do not fit, both ways: what is called and not allowed, what is allowed and not called."""

from collections.abc import Collection, Iterator

from tests.privileges.grants import Call, Grant

INSTEAD = (
    "take it out of the manifest or the construct, let a test in tests/e2e need it, or say beside the grant why none"
    " does: `untested_actions` of the function in service.toml, or `untested` of `allow` in cdk/"
)


def refused(calls: Collection[Call], grants: Collection[Grant]) -> Iterator[str]:
    """Say which calls the roles as they are synthesized do not allow."""
    for call in calls:
        if not any(grant.covers(call) for grant in grants):
            yield (
                f"{call.role} called {call.action} on {call.resource}, which its role does not allow: grant it in the"
                " manifest or in cdk/, or do not call it"
            )


def uncalled(calls: Collection[Call], grants: Collection[Grant]) -> Iterator[str]:
    """Say which actions nobody saw called, though no reason is given."""
    for grant in grants:
        if not grant.reason and not _was_called(grant, calls):
            yield (
                f"{grant.role} may call {grant.action} on {grant.resource} (statement {grant.sid}), and no end-to-end"
                f" test saw it: {INSTEAD}"
            )


def outdated(calls: Collection[Call], grants: Collection[Grant]) -> Iterator[str]:
    """Say which reasons explain nothing any more, since all that they are about was called."""
    for reason in dict.fromkeys(grant.reason for grant in grants if grant.reason):
        about = [grant for grant in grants if grant.reason == reason]
        if all(_was_called(grant, calls) for grant in about):
            named = ", ".join(sorted({f"{grant.action} of {grant.role}" for grant in about}))
            yield f"{named} is called after all, so that this reason has to go: {reason}"


def _was_called(grant: Grant, calls: Collection[Call]) -> bool:
    return any(call.allowed and grant.covers(call) for call in calls)
