"""The command `prune`: delete old versions of functions."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from operate.arguments import whole_number
from operate.command import Command
from operate.deployed.aliases import LambdaAliases
from operate.deployed.recorded_versions import StackRecord
from operate.errors import OperateError
from operate.progress import Progress
from operate.releases.pruning import OldVersion, delete, old_versions
from operate.releases.shifts import shifts_of
from operate.target import Target

DEFAULT_KEEP = 3
_MB = 1024**2
_GB = 1024**3
_YES = frozenset({"y", "yes"})


def find(target: Target, services: Sequence[str], *, keep: int, progress: Progress) -> list[OldVersion]:
    """Find the old versions of some services; a service or a function that is not deployed has none."""
    aliases = LambdaAliases(target.client("lambda"))
    found = list[OldVersion]()
    for service in services:
        record, shifts = (
            StackRecord(target.client("cloudformation"), target.name_of(service)),
            shifts_of(target, service),
        )
        if record.status() is None:
            continue
        for function in target.manifest(service).functions:
            name = target.name_of(service, function)
            progress.show(f"looking at {name}")
            if aliases.find(name) is not None:
                found += old_versions(aliases, record, shifts, name, keep=keep)
    return found


def summary(found: Sequence[OldVersion]) -> str:
    """Return how many versions of each function there are, and their size."""
    lines = list[str]()
    for function in dict.fromkeys(each.function for each in found):
        own = [each for each in found if each.function == function]
        lines.append(f"  {function}: {_numbers(own)}  {_size(own)}\n")
    return "".join(lines)


def _numbers(own: Sequence[OldVersion]) -> str:
    numbers = [each.version for each in own]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} … {numbers[-1]} ({len(numbers)} versions)"


def _size(versions: Sequence[OldVersion]) -> str:
    return f"{sum(each.size_bytes for each in versions) / _MB:,.1f} MB"


def _usage(client: Any) -> str:  # noqa: ANN401 - a boto3 client
    """Return how much of the account's quota the code of all functions and versions takes."""
    settings = client.get_account_settings()
    used, limit = settings["AccountUsage"]["TotalCodeSize"], settings["AccountLimit"]["TotalCodeSize"]
    return f"The account's functions take {used / _GB:.2f} of {limit / _GB:.0f} GB."


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", help="only the functions of this service")
    parser.add_argument(
        "--keep",
        type=whole_number(1),
        default=DEFAULT_KEEP,
        metavar="NUMBER",
        help=f"the newest versions of each function that stay; {DEFAULT_KEEP} by default",
    )
    parser.add_argument("--dry-run", action="store_true", help="only list the versions")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print each version as a JSON object")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    progress, client = Progress(), target.client("lambda")
    services = [target.manifest(arguments.service).service] if arguments.service else list(target.manifests)
    found = find(target, services, keep=arguments.keep, progress=progress)
    if not arguments.json:
        sys.stdout.write(summary(found) or "No version is old enough to go.\n")
    if arguments.dry_run or not found:
        _print_json(found, wanted=arguments.json)
        progress.say(f"{_size(found)} can be freed. {_usage(client)}")
        return True
    _confirm(target, found, agreed=arguments.yes)
    return _delete(client, found, progress=progress, as_json=arguments.json)


def _confirm(target: Target, found: Sequence[OldVersion], *, agreed: bool) -> None:
    if agreed:
        return
    if not sys.stdin.isatty():
        raise OperateError("There is no terminal to ask. In a script: yes=1")
    sys.stdout.flush()
    question = f"Delete {len(found)} versions ({_size(found)}) of {target.environment.name}? (y/n) "
    if input(question).strip().lower() not in _YES:
        raise OperateError("Nothing was deleted.")


def _delete(client: Any, found: Sequence[OldVersion], *, progress: Progress, as_json: bool) -> bool:  # noqa: ANN401 - boto3's clients have no types
    """Delete the versions; an interruption leaves the others, and the next run finds them again."""
    aliases, gone, kept = LambdaAliases(client), list[OldVersion](), 0
    try:
        for number, each in enumerate(found, start=1):
            progress.show(f"deleting {number} of {len(found)}: {each.function}:{each.version}")
            if problem := delete(aliases, each):
                kept += 1
                progress.say(f"✘ {each.function}:{each.version} stays: {problem}")
            else:
                gone.append(each)
    finally:
        _print_json(gone, wanted=as_json)
        progress.say(f"Deleted {len(gone)} versions, which frees {_size(gone)}.")
    progress.say(_usage(client))
    return not kept


def _print_json(versions: Sequence[OldVersion], *, wanted: bool) -> None:
    if wanted:
        sys.stdout.writelines(f"{json.dumps(asdict(each))}\n" for each in versions)


COMMAND = Command(
    name="prune",
    help="delete old versions of functions, except those that serve, may serve again, or that CloudFormation needs",
    add_arguments=_add_arguments,
    run=_run,
)
