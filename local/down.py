"""`make down` and `make reset`: stop everything, keep or wipe the state."""

import shutil

from local import embedded_aws_process, gateway
from local.progress import Progress
from local.settings import Settings

# Only what this platform keeps for itself; caches, virtual environments and bundles stay.
_WIPED = ("state", "certificates", "gateway", "logs", "run", "tmp", "cdk.out")


def stop(settings: Settings, progress: Progress, *, keep: bool = True) -> None:
    """Stop the gateway first, so that nothing is cut off, then the embedded AWS, which writes the state to keep."""
    for process, grace_s in (
        (gateway.process(settings), gateway.STOP_S if keep else 0),
        (embedded_aws_process.embedded_aws(settings), embedded_aws_process.STOP_S if keep else 0),
    ):
        if process.find() is None:
            # What a killed process left behind ends here.
            process.stop(grace_s=0)
            continue
        with progress.step(f"stop {process.name}") as step:
            if not process.stop(grace_s=grace_s) and keep:
                step.note = f"killed after {grace_s} s; what it had not written is lost"
    settings.platform_file.unlink(missing_ok=True)


def wipe(settings: Settings, progress: Progress) -> None:
    """Remove the state; nothing may run."""
    with progress.step("wipe state"):
        for name in _WIPED:
            shutil.rmtree(settings.home / name, ignore_errors=True)
