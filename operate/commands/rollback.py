"""The command `rollback`: take a service back to an earlier version within a minute."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from botocore.exceptions import BotoCoreError, ClientError

from operate.command import Command
from operate.deployed.aliases import LambdaAliases
from operate.deployed.recorded_versions import STEADY, StackRecord
from operate.errors import OperateError, UsageError
from operate.progress import Progress
from operate.releases.agreement import agree
from operate.releases.announcement import DeploymentRequest, publish, read_commit, read_requester, read_workflow_run
from operate.releases.rollback import Outcome, Rollback
from operate.releases.rollback_plan import Move, Planner
from operate.releases.shifts import Shifts, shifts_of
from operate.releases.stack_update import StackUpdate, find_update
from operate.target import Target

_YES = frozenset({"y", "yes"})


def described(moves: Iterable[Move]) -> str:
    """Return the plan as a table, a line for each function."""
    rows = [
        (move.alias.function, _present(move), f"→ {move.to}" if move.changes else "stays", move.why) for move in moves
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0], strict=True)) for row in rows]
    return "".join(f"  {line.rstrip()}\n" for line in lines)


def _present(move: Move) -> str:
    weights = ", ".join(f"{version}: {share:.0%}" for version, share in move.alias.weights.items())
    return f"{move.alias.version} ({weights})" if weights else move.alias.version


def reason_of(given: str | None, ask: Callable[[str], str] | None) -> str:
    """Return the reason, which a person at a terminal is asked for.

    Raises:
        UsageError: There is none.
    """
    reason = (given or "").strip() or (ask("Why is the service taken back? ").strip() if ask else "")
    if not reason:
        raise UsageError('A rollback needs a reason, which is recorded: reason="…"')
    return reason


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", required=True, help="the service to take back")
    parser.add_argument("--function", help="only this function; by default, those of the last release")
    parser.add_argument(
        "--to", metavar="VERSION", help="a version of the function, or of the HTTP function and its release"
    )
    parser.add_argument("--reason", help="the reason, which is recorded")
    parser.add_argument("--dry-run", action="store_true", help="only print what would happen")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--approved-by", metavar="NAMES", help="the people who approved the workflow")
    parser.add_argument("--json", action="store_true", help="print each function as a JSON object")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    progress, service = Progress(), arguments.service
    ask = input if sys.stdin.isatty() else None
    if arguments.function:
        target.function(service, arguments.function)
    if arguments.to is not None and not arguments.to.isdecimal():
        raise UsageError(f"to: expected the number of a version, found {arguments.to!r}.")
    functions = target.manifest(service).functions
    aliases, shifts = LambdaAliases(target.client("lambda")), shifts_of(target, service)
    planner = Planner(
        aliases,
        shifts,
        {name: target.name_of(service, name) for name in functions},
        anchor=next((name for name, each in functions.items() if each.trigger == "http"), None),
    )
    moves = planner.plan(function=arguments.function, to=arguments.to)
    _show(moves, as_json=arguments.json, final=arguments.dry_run)
    update = _update_of(target, service, shifts, moves, progress)
    if arguments.dry_run or not any(move.changes for move in moves):
        return True
    reason = reason_of(arguments.reason, ask)
    if not arguments.yes:
        if ask is None:
            raise OperateError("There is no terminal to ask. In a script: yes=1")
        if ask(f"Take {service} back in {target.environment.name}? (y/n) ").strip().lower() not in _YES:
            raise OperateError("Nothing was changed.")
    if update and update.is_cancelled and (problem := update.cancel()):
        progress.say(f"⚠ CloudFormation does not cancel its deployment: {problem}")
    rollback = Rollback(aliases=aliases, shifts=shifts, progress=progress)
    outcomes = rollback.run(moves, by_cloudformation=update.shifted if update else ())
    _print(outcomes, as_json=arguments.json)
    _announce(target, service, moves, progress, reason=reason, approved_by=arguments.approved_by)
    recorded = _record(target, service, progress)
    return recorded and not any(outcome.result == "failed" for outcome in outcomes)


def _update_of(
    target: Target, service: str, shifts: Shifts, moves: Sequence[Move], progress: Progress
) -> StackUpdate | None:
    """Find and name the update of the stack that the moves would meet; if AWS does not say, the rollback goes on."""
    try:
        update = find_update(StackRecord(target.client("cloudformation"), target.name_of(service)), shifts, moves)
    except (BotoCoreError, ClientError) as error:
        progress.say(f"⚠ CloudFormation does not say whether it is at work: {error}")
        return None
    if update:
        progress.say(str(update))
    return update


def _show(moves: Sequence[Move], *, as_json: bool, final: bool) -> None:
    """Print the plan: on standard output if it is the result of a dry run, else beside it."""
    stream = sys.stdout if final else sys.stderr
    if not as_json:
        stream.write(described(moves))
    elif final:
        for move in moves:
            row = {"function": move.alias.function, "before": move.alias.version, "to": move.to, "why": move.why}
            stream.write(f"{json.dumps(row)}\n")
    stream.flush()


def _print(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    for outcome in outcomes:
        if as_json:
            sys.stdout.write(f"{json.dumps(asdict(outcome))}\n")
        elif outcome.result != "left":
            sign = "✘" if outcome.result == "failed" else "✔"
            text = outcome.detail if outcome.result == "failed" else f"serves version {outcome.after}"
            sys.stdout.write(f"{sign} {outcome.function}: {text}\n")
        elif outcome.detail.startswith("CloudFormation"):
            sys.stdout.write(f"  {outcome.function}: {outcome.detail}\n")
    sys.stdout.flush()


def _record(target: Target, service: str, progress: Progress) -> bool:
    """Let CloudFormation record the versions, if it is not at work; else the next deployment does."""
    stack = target.name_of(service)
    status = StackRecord(target.client("cloudformation"), stack).status()
    if status and status.endswith("_FAILED"):
        progress.say(
            f"⚠ CloudFormation has given up on {stack} ({status}); `make deploy` cannot change it until it goes on."
            " The stack's events name the resource. Then: aws cloudformation continue-update-rollback --stack-name"
            f" {stack} --region {target.environment.region}"
        )
        return False
    if status not in STEADY:
        progress.say(
            f"CloudFormation is at work on {stack} ({status}). The next `make deploy` lets it record"
            " the versions that serve."
        )
        return True
    try:
        for line in agree(target, [service], progress=progress):
            progress.say(line)
    except OperateError as error:
        progress.say(f"⚠ {error}\n  The service is taken back. The next `make deploy` tries this again.")
        return False
    return True


def _taken_back(moves: Sequence[Move]) -> str:
    """Return the version that is taken back, of the first function that changes: the HTTP function, if there is one."""
    move = next(move for move in moves if move.changes)
    started = [shift.bad for shift in move.running] or list(move.alias.weights)
    return started[0] if started else move.alias.version


def _announce(  # noqa: PLR0913 - all of it is in the event
    target: Target,
    service: str,
    moves: Sequence[Move],
    progress: Progress,
    *,
    reason: str,
    approved_by: str | None,
) -> None:
    """Tell the platform, after the fact: nothing may delay a rollback."""
    commit = read_commit()
    if commit is None:
        progress.say("⚠ This is no Git checkout, so the rollback is not announced to the platform.")
        return
    request = DeploymentRequest(
        commit=commit,
        artefacts={},
        stacks=(target.name_of(service),),
        services=(service,),
        requested_by=read_requester(target),
        approved_by=approved_by,
        workflow_run=read_workflow_run(),
        reason=reason,
        rollback_of=f"{service}@{_taken_back(moves)}",
    )
    if problem := publish(target, request):
        progress.say(f"⚠ The rollback is not announced to the platform: {problem}")


COMMAND = Command(
    name="rollback",
    help="take a service back to an earlier version within a minute, and let CloudFormation record it",
    add_arguments=_add_arguments,
    run=_run,
)
