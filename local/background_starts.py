"""Starts of the functions that no request waits for, after a reload, one at a time."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from cdk.settings.manifest import Manifest
from local.function_starts import StartFailure

type Start = Callable[[Manifest, str], StartFailure | None]


class BackgroundStarts:
    """Starts functions in a thread of its own; of a service that is reloaded again, only the last reload counts."""

    def __init__(self, start: Start) -> None:
        self._start = start
        # They share the processor with the functions that answer requests.
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._reloads = Counter[str]()

    def supersede(self, manifests: Iterable[Manifest]) -> None:
        """Drop the starts of services: their processes end with the versions before, also in the middle of a start."""
        self._reloads.update(manifest.service for manifest in manifests)

    def submit(self, manifest: Manifest, function: str, on_failure: Callable[[StartFailure], None]) -> None:
        """Start a function when those before it have started; tell of a failure unless it was superseded."""
        reload = self._reloads[manifest.service]

        def begin() -> None:
            if self._reloads[manifest.service] == reload:
                failure = self._try(manifest, function)
                if failure is not None and self._reloads[manifest.service] == reload:
                    on_failure(failure)

        self._pool.submit(begin)

    def _try(self, manifest: Manifest, function: str) -> StartFailure | None:
        try:
            return self._start(manifest, function)
        except (BotoCoreError, ClientError) as error:
            # The embedded AWS was stopped, or has lost the function; an error in this thread would be lost, too.
            return StartFailure(service=manifest.service, function=function, error=str(error), stack=())

    def close(self) -> None:
        """Cancel the starts that have not begun, and wait for the one that has."""
        self._pool.shutdown(cancel_futures=True)
