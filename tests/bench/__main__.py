"""`make bench`: the figures that the platform must keep, as ratios to an empty FastAPI + Mangum app.

Counted instructions hardly vary. Times vary, so they are compared within one run.
"""

import sys
import tempfile
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from tests.bench.bundles import bundle_of, empty_bundle, unpacked
from tests.bench.figures import Figure
from tests.bench.function_figures import API, EMPTY, function_figures
from tests.bench.gateway import gateway_figures
from tests.bench.handlers import warm_requests_us
from tests.bench.imports import memory_figures
from tests.bench.platform_times import platform_figures


def bundle_figures(folder: Path) -> Generator[Figure]:
    """Measure the bundle of `users` and the bundle of the empty app."""
    ours_zip, empty_zip = bundle_of("users"), empty_bundle(folder / "project")
    ours, empty = unpacked(ours_zip, folder / "users"), unpacked(empty_zip, folder / "empty")
    sizes = [path.stat().st_size / 1e6 for path in (ours_zip, empty_zip)]
    # It contains 5 MB of cryptography, which verifies the signatures of tokens.
    yield Figure(name="zip with bytecode", value=sizes[0], unit="MB", bound=14.5, note=f"empty {sizes[1]:.2f} MB")
    yield from function_figures(ours, empty, folder)
    times = warm_requests_us((ours, API, "/users/health"), (empty, EMPTY, "/empty/health"))
    note = f"{times[0]:.0f} µs against {times[1]:.0f} µs, logs and metrics on"
    yield Figure(name="warm request, time", value=times[0] / times[1], unit="×", bound=2.0, note=note)


def main() -> int:
    """Print each figure as it is measured; fail if one exceeds its bound."""
    kept = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measured = (
            bundle_figures(folder),
            gateway_figures(folder / "gateway"),
            memory_figures(),
            platform_figures(folder),
        )
        for each in measured:
            # Also when the output is closed: the platform that is measured then still stops before its folder goes.
            with closing(each) as figures:
                for figure in figures:
                    print(figure, flush=True)  # noqa: T201 - a command's output
                    kept = kept and figure.is_kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
