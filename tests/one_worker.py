"""Which tests run in one worker, where several run at once."""

from xdist.scheduler import LoadScopeScheduling

# The first read what the CDK synthesizes, which takes seconds to start, and do so once for all; the others share one
# platform, but for those in `tests/e2e/apart/`.
TOGETHER = ("tests/cdk/", "tests/e2e/test_")


class Together(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist ships no types
    """Gives each test to the worker that is free, but all that stand on the same thing to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        return next((start for start in TOGETHER if nodeid.startswith(start)), nodeid)
