"""The scheduler of pytest-xdist that keeps tests with shared state in one worker."""

from xdist.scheduler import LoadScopeScheduling

# tests/cdk/ synthesizes once, which takes seconds; tests/e2e/ shares one platform, except for tests/e2e/apart/.
SHARED = ("tests/cdk/", "tests/e2e/test_")


class SharedWorkerScheduling(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist ships no types
    """Gives each test module to a free worker, but all modules with shared state to the same worker."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::", maxsplit=1)[0]
        return next((start for start in SHARED if module.startswith(start)), module)
