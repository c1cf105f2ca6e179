"""Which tests run in one worker, where several run at once."""

from xdist.scheduler import LoadScopeScheduling

# They read what the CDK synthesizes, which takes seconds to start, and synthesize it once for all.
TOGETHER = ("tests/cdk/",)


class Together(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist ships no types
    """Gives each test to the worker that is free, but all that stand on one synthesis to the same."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)
