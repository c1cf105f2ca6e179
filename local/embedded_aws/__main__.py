"""Start the embedded AWS: `python -m local.embedded_aws`, or only verify and list its extensions with `--verify`.

MiniStack's own settings come from the environment (local/embedded_aws_process.py sets them).
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import sys
from asyncio import constants
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local.embedded_aws.extension import HookMovedError
from local.embedded_aws.saved_state import SavedState


def main() -> int:
    """Install the extensions, then serve until SIGTERM and write the state."""
    parser = argparse.ArgumentParser(prog="python -m local.embedded_aws", description=__doc__)
    parser.add_argument("--verify", action="store_true", help="verify the extensions, print them as JSON and end")
    arguments = parser.parse_args()
    state = None if arguments.verify else SavedState(Path(os.environ["EMBEDDED_AWS_STATE"]))
    if state is not None:
        state.prepare()
    # The extensions import MiniStack, which reads the objects of S3 when it is imported.
    from local.embedded_aws import catalogue  # noqa: PLC0415 - see above

    try:
        catalogue.install()
    except HookMovedError as moved:
        sys.stderr.write(f"{moved}\n")
        return 1
    extensions = json.dumps(catalogue.describe(), indent=2)
    if state is None:
        sys.stdout.write(extensions + "\n")
        return 0
    Path(os.environ["EMBEDDED_AWS_EXTENSIONS_FILE"]).write_text(extensions, encoding="utf-8")
    _allow_many_connections()
    # A client that never answers the end of its idle connection must not delay the writing of the state.
    constants.SSL_SHUTDOWN_TIMEOUT = 2.0
    asyncio.run(_serve(state))
    state.note_stop()
    return 0


def _allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        # macOS reports an unlimited hard limit, but does not grant it.
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 10_240) if hard > 0 else 10_240, hard))


async def _serve(state: SavedState) -> None:
    """Serve MiniStack's application on one loopback port; its own `main` would also open 443."""
    from ministack.app import app  # noqa: PLC0415 - MiniStack reads its settings when it is imported

    from local.embedded_aws.checkpoints import Checkpoints  # noqa: PLC0415 - as above
    from local.embedded_aws.safe_stop import stop_safely  # noqa: PLC0415 - as above
    from local.embedded_aws.web_guard import WebGuard  # noqa: PLC0415 - as above

    guarded = WebGuard(app, origins=frozenset(os.environ["EMBEDDED_AWS_ORIGINS"].split()))
    checkpoints = Checkpoints(state, changes=lambda: guarded.answered, is_quiet=lambda: guarded.being_answered == 0)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, checkpoints.ask)
    keeping = asyncio.create_task(checkpoints.keep())

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)

    async def shutdown() -> None:
        await stopped.wait()
        keeping.cancel()
        checkpoints.stop()
        await asyncio.to_thread(stop_safely)

    config = Config()
    config.bind = [f"127.0.0.1:{os.environ['GATEWAY_PORT']}"]
    config.certfile, config.keyfile = os.environ["MINISTACK_SSL_CERT"], os.environ["MINISTACK_SSL_KEY"]
    config.alpn_protocols = ["http/1.1"]
    config.backlog = 1024
    config.keep_alive_timeout = 75
    config.keep_alive_max_requests = 1_000_000
    await serve(guarded, config, shutdown_trigger=shutdown)


if __name__ == "__main__":
    sys.exit(main())
