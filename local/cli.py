"""The laptop platform's commands: `python -m local up|dev|release|drill|serve|debug|status|logs|down|reset`."""

import argparse
import signal
from collections.abc import Callable
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import load_environment
from local import down, logs, serve, status, watcher
from local.drill import command as drill
from local.errors import PlatformError
from local.exclusive import exclusive, shared
from local.ports import PORTS
from local.progress import Progress
from local.release.display import display_for
from local.release.release import Release
from local.settings import Settings
from local.up import Platform
from operate.arguments import Parser, number_above, whole_number

# The exit status of a program that SIGINT ended, as shells report it.
INTERRUPTED = 130
# The seconds that a minute of a release takes.
_MINUTE = number_above(0, most=60)


def main() -> int:
    """Run a command; an error ends it with a message, not a stack trace."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    progress = Progress()
    try:
        succeeded = _COMMANDS[arguments.command](Settings.read(), progress, arguments)
    except (PlatformError, ConfigurationError) as error:
        progress.say(f"\n✘ {error}")
        return 1
    except (BotoCoreError, ClientError) as error:
        progress.say(
            f"\n✘ A call to the embedded AWS failed: {error}\nSee `make status`; `make up` starts missing parts."
        )
        return 1
    except KeyboardInterrupt:
        progress.say("\nInterrupted.")
        return INTERRUPTED
    return 0 if succeeded else 1


def _up(settings: Settings, progress: Progress, _: argparse.Namespace) -> bool:
    with exclusive(settings):
        return Platform(settings, progress).up()


def _dev(settings: Settings, progress: Progress, _: argparse.Namespace) -> bool:
    platform = Platform(settings, progress)
    with exclusive(settings):
        platform.up()
    try:
        watcher.follow(settings, region=platform.region, deploy=platform.redeploy, progress=progress)
    except KeyboardInterrupt:
        progress.say("\nNo longer watching; the platform keeps running.")
    return True


def _status(settings: Settings, progress: Progress, arguments: argparse.Namespace) -> bool:
    region = load_environment(settings.environment).region
    return status.show(settings, progress, region=region, as_json=arguments.json)


def _logs(settings: Settings, progress: Progress, arguments: argparse.Namespace) -> bool:
    region = load_environment(settings.environment).region
    try:
        logs.show(
            settings, region=region, service=arguments.service, follow=not arguments.no_follow, write=progress.say
        )
    except KeyboardInterrupt:
        return True
    return True


def _serve(settings: Settings, progress: Progress, arguments: argparse.Namespace) -> bool:
    debug = arguments.command == "debug"
    serve.serve(settings, progress, service=arguments.service, port=arguments.port, debug=debug)
    return True


def _release(settings: Settings, progress: Progress, arguments: argparse.Namespace) -> bool:
    release = Release(settings, service=arguments.service, minute_s=arguments.fast)
    with shared(settings, service=arguments.service):
        return release.run(display_for(progress.console, as_json=arguments.json))


def _drill(_: Settings, progress: Progress, arguments: argparse.Namespace) -> bool:
    return drill.run(
        progress, only=arguments.only, load=arguments.load, minute_s=arguments.fast, as_json=arguments.json
    )


def _down(settings: Settings, progress: Progress, _: argparse.Namespace) -> bool:
    with exclusive(settings):
        down.stop(settings, progress)
    return True


def _reset(settings: Settings, progress: Progress, _: argparse.Namespace) -> bool:
    with exclusive(settings):
        down.stop(settings, progress, keep=False)
        down.wipe(settings, progress)
    return True


_COMMANDS: dict[str, Callable[[Settings, Progress, argparse.Namespace], bool]] = {
    "up": _up,
    "dev": _dev,
    "serve": _serve,
    "debug": _serve,
    "release": _release,
    "drill": _drill,
    "status": _status,
    "logs": _logs,
    "down": _down,
    "reset": _reset,
}


def _parser() -> argparse.ArgumentParser:
    variables = "\n".join(f"  {port.variable:<22}{port.default:<8}{port.part}" for port in PORTS.values())
    parser = Parser(
        prog="python -m local",
        description="The whole platform on this machine.",
        epilog=f"environment variables:\n  {'PLATFORM_HOME':<22}{'.local':<8}state, certificates, logs\n{variables}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("up", help="start, deploy and check everything; the platform keeps running in the background")
    commands.add_parser("dev", help="like up, then apply every saved change at once, until Ctrl-C")
    for name, text in (
        ("serve", "run one service under uvicorn, with reload, against the running platform"),
        ("debug", "like serve, without reload; a debugger can attach"),
    ):
        one = commands.add_parser(name, help=text)
        one.add_argument("--service", default="", help="the service")
        port = whole_number(1, 65_535)
        one.add_argument("--port", type=port, default=8000, help="the port of 127.0.0.1 to listen on; 8000 by default")
    release = commands.add_parser(
        "release",
        help="publish the code of one service as a canary, which alarms, hooks and Ctrl-C take back",
        description="Publish the present code of one service. The new versions get a part of the traffic, then all."
        " Exit status 0: the new versions have all traffic. 1: they were taken back.",
    )
    release.add_argument("--service", default="", help="the service")
    release.add_argument(
        "--fast",
        type=_MINUTE,
        default=60.0,
        metavar="SECONDS",
        help="what a minute of the canary and its alarms takes",
    )
    release.add_argument("--json", action="store_true", help="print each change as a JSON object")
    shipped = commands.add_parser(
        "drill",
        help="ship bad and good versions on a platform of its own, and see that the bad ones are taken back",
        description="Ship the versions of local/drill/versions.toml under each load, print the table and keep it in"
        " docs/releases.md. Exit status 1 if a bad one passed, a good one was taken back, or a request was lost.",
    )
    shipped.add_argument("what", choices=["release"], help="what is drilled")
    shipped.add_argument(
        "--only", default="", metavar="VERSIONS", help="names with commas between them; all by default"
    )
    shipped.add_argument("--load", default="", metavar="LOADS", help="none, 5-a-minute, busy; all by default")
    shipped.add_argument(
        "--fast", type=_MINUTE, default=4.0, metavar="SECONDS", help="what a minute takes; 4 by default"
    )
    shipped.add_argument("--json", action="store_true", help="print each release as a JSON object")
    state = commands.add_parser("status", help="show the health of every part; exit status 1 if a part is unhealthy")
    state.add_argument("--json", action="store_true", help="print each part as a JSON object")
    show = commands.add_parser("logs", help="follow the logs of the functions and the gateway, until Ctrl-C")
    show.add_argument("--service", help="only this service")
    show.add_argument("--no-follow", action="store_true", help="only the last five minutes")
    commands.add_parser("down", help="stop everything and keep the data")
    commands.add_parser("reset", help="stop everything and delete the data; caches and tools stay")
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
