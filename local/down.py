"""`make down` and `make reset`: stop everything, and keep or delete the state."""

import shutil

from local import embedded_aws_process, gateway
from local.progress import Progress
from local.settings import Settings

# Only the data of this platform; caches, virtual environments and bundles stay.
_DELETED = ("state", "certificates", "gateway", "logs", "run", "tmp", "cdk.out")
# The keys and passwords of the deleted state.
_DELETED_FILES = ("access-key.json", "identities.json")


def stop(settings: Settings, progress: Progress, *, keep: bool = True) -> None:
    """Stop the gateway first, so that requests can finish, then the embedded AWS, which writes its state."""
    for process, grace_s in (
        (gateway.process(settings), gateway.STOP_S if keep else 0),
        (embedded_aws_process.embedded_aws(settings), embedded_aws_process.STOP_S if keep else 0),
    ):
        if process.find() is None:
            # End the child processes that a killed process left behind.
            process.stop(grace_s=0)
            continue
        with progress.step(f"stop {process.name}") as step:
            if not process.stop(grace_s=grace_s) and keep:
                step.note = f"killed after {grace_s} s; its unwritten state is lost"
    settings.platform_file.unlink(missing_ok=True)


def wipe(settings: Settings, progress: Progress) -> None:
    """Delete the state; nothing may run."""
    with progress.step("delete state"):
        for name in _DELETED:
            shutil.rmtree(settings.home / name, ignore_errors=True)
        for name in _DELETED_FILES:
            (settings.home / name).unlink(missing_ok=True)
