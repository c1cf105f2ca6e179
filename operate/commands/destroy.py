"""`destroy`: delete an environment from AWS, without leaving behind what nobody meant to keep."""

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3

from operate.checks.plan import Plan
from operate.command import Command
from operate.deployed.certificate_proofs import delete_proofs, find_proofs
from operate.deployed.emptying import HeldBackupsError, empty_bucket, empty_vault
from operate.deployed.retained import OTHERS, REASONS, protected, retained
from operate.deployed.stacks import Deployed, find_deployed, logs_beside
from operate.deployed.synthesis import synthesize
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import CHECKOUT, Target

VAULT = "AWS::Backup::BackupVault"
# A load balancer writes its last access logs minutes after the bucket was emptied.
_ATTEMPTS = 3
# A stack with a load balancer takes minutes to delete.
_WAITER = {"Delay": 10, "MaxAttempts": 180}

type Clients = Callable[[str, str], Any]


def _client(service: str, region: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    make: Any = boto3.client
    return make(service, region_name=region)


def _run_cdk(words: Sequence[str]) -> int:
    """Run the CDK's command line on this terminal."""
    return subprocess.run(
        [str(CHECKOUT / "node_modules" / ".bin" / "cdk"), "--no-notices", *words], cwd=CHECKOUT, check=False
    ).returncode


@dataclass(frozen=True, kw_only=True)
class Destruction:
    """The end of an environment, step by step; each step can be taken again.

    Attributes:
        plan: What would be deployed now.
        clients: Makes a client of a service in a region.
        cdk: Runs the CDK's command line and returns its exit status.
        progress: Where it is told.
    """

    plan: Plan
    clients: Clients = _client
    cdk: Callable[[Sequence[str]], int] = _run_cdk
    progress: Progress = field(default_factory=Progress)

    def refuse_what_is_kept(self) -> None:
        """Stop before an environment whose data outlive it.

        Raises:
            OperateError: With what would remain, and why.
        """
        kept, guarded = retained(self.plan.stacks), protected(self.plan.stacks)
        if not kept and not guarded:
            return
        lines = [f"  {number} × {kind}: {REASONS.get(kind, 'retained')}" for kind, number in sorted(kept.items())]
        name = self.plan.environment.name
        raise OperateError(
            f"{name} keeps its data: {len(guarded)} stacks are protected from deletion, and these would remain:\n"
            + "\n".join(lines)
            + f"\nTo end it all the same, deploy it with `removal: destroy` in cdk/environments/{name}.yaml first."
        )

    def find(self) -> list[Deployed]:
        """Find what is deployed, in every region.

        Raises:
            OperateError: Something of it is protected, whatever the environment's file says now.
        """
        prefix = self.plan.environment.prefix
        found = [
            stack
            for region in self.plan.regions
            for stack in find_deployed(self.clients("cloudformation", region), region, prefix)
        ]
        guarded = [stack.name for stack in found if stack.is_protected]
        if guarded:
            raise OperateError(
                f"These stacks are protected from deletion as they were deployed: {', '.join(guarded)}. Deploy the"
                " environment with `removal: destroy` first."
            )
        return found

    def run(self, found: Sequence[Deployed]) -> list[str]:
        """Empty buckets, delete all stacks, and then what AWS made beside them; vaults of backups are the last.

        Returns:
            What locks of vaults hold, and until when; the stacks of backups then stay.

        Raises:
            OperateError: Something cannot be emptied, or stacks remain.
        """
        beside, proofs = logs_beside(found), find_proofs(self.clients, found)
        vaults = [stack for stack in found if stack.of_type(VAULT)]
        others = [stack for stack in found if stack not in vaults]
        self._delete(others, everything=not vaults)
        held = self._held(vaults)
        if not held:
            self._delete(vaults)
        for region, name in beside:
            self._delete_logs(region, name)
        environment = self.plan.environment
        delete_proofs(self.clients, environment.region, environment.hosted_zone_id, proofs, progress=self.progress)
        return held

    def _delete(self, stacks: Sequence[Deployed], *, everything: bool = False) -> None:
        if not stacks and not everything:
            return
        names = {stack.name for stack in stacks}
        self._delete_forgotten(stacks)
        known = [stack.name for stack in self.plan.stacks if stack.name in names]
        # What else there is must not be deleted with them, whatever needs them.
        selected = ("--all",) if everything else (*known, "--exclusively")
        context = ("--context", f"environment={self.plan.environment.name}")
        left = [stack for stack in stacks if everything or stack.name in known]
        for attempt in range(1, _ATTEMPTS + 1):
            self._empty(left)
            status = self.cdk(("destroy", *selected, "--force", *context)) if everything or known else 0
            left = [stack for stack in self.find() if everything or stack.name in names]
            if status == 0 and not left:
                return
            if attempt < _ATTEMPTS:
                self.progress.say("Something is left; once more.")
        raise OperateError(
            f"These stacks are left: {', '.join(stack.name for stack in left)}. Their events say why:"
            " aws cloudformation describe-stack-events --stack-name …"
        )

    def _empty(self, found: Sequence[Deployed]) -> None:
        for stack in found:
            for bucket in stack.of_type("AWS::S3::Bucket"):
                empty_bucket(self.clients("s3", stack.region), bucket, progress=self.progress)
            for vault in stack.of_type(VAULT):
                empty_vault(self.clients("backup", stack.region), vault, progress=self.progress)

    def _held(self, stacks: Sequence[Deployed]) -> list[str]:
        """Empty all vaults, and say of which a lock holds backups.

        One that is held keeps the stacks of the others, too: AWS Backup deletes what has had its time, copies
        included, by the role that one of them has.
        """
        held = list[str]()
        for stack in stacks:
            try:
                self._empty([stack])
            except HeldBackupsError as error:
                held.append(f"{stack.name} in {stack.region}: {error.said}")
        return held

    def _delete_forgotten(self, found: Sequence[Deployed]) -> None:
        """Delete the stacks of services whose folders are gone, which the CDK knows nothing of; others need no such."""
        known = {stack.name for stack in self.plan.stacks}
        forgotten = [stack for stack in found if stack.name not in known]
        self._empty(forgotten)
        for stack in forgotten:
            cloudformation = self.clients("cloudformation", stack.region)
            self.progress.say(f"Deleting {stack.name}, which nothing in this checkout makes any more.")
            cloudformation.delete_stack(StackName=stack.name)
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig=_WAITER)

    def _delete_logs(self, region: str, name: str) -> None:
        logs = self.clients("logs", region)
        try:
            logs.delete_log_group(logGroupName=name)
        except logs.exceptions.ResourceNotFoundException:
            return
        self.progress.say(f"Deleted {name}, which AWS had made beside the stacks.")


def confirmed(name: str, given: str | None) -> bool:
    """Say whether somebody typed the environment's name, here or on the command line.

    Raises:
        OperateError: There is no terminal to ask on, and nothing was given.
    """
    if given is not None:
        return given == name
    if not sys.stdin.isatty():
        raise OperateError(f"Nobody can be asked here. In a script: make destroy environment={name} yes={name}")
    return input(f"Type {name} to delete all of it, its data included: ").strip() == name


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", metavar="name", help="the environment's name once more, instead of being asked")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    name = target.environment.name
    if target.is_local:
        raise OperateError("The platform of this machine is wiped by: make reset")
    progress = Progress()
    progress.say(f"Synthesizing {name}: this takes seconds.")
    destruction = Destruction(plan=Plan(target.environment, synthesize(target.environment)), progress=progress)
    destruction.refuse_what_is_kept()
    account = target.account
    found = destruction.find()
    if not found:
        progress.say(f"Nothing of {name} is deployed in the account {account}.")
        return True
    listed = "".join(f"  {stack.region}  {stack.name}\n" for stack in found)
    sys.stdout.write(f"In the account {account}:\n{listed}")
    sys.stdout.flush()
    if not confirmed(name, arguments.yes):
        raise OperateError(f"That is not {name}; nothing was deleted.")
    held = destruction.run(found)
    sys.stdout.write(f"{name} is deleted. What is left on purpose:\n")
    sys.stdout.writelines(f"  {what}: {why}\n" for what, why in OTHERS.items())
    if held:
        sys.stdout.write("What the locks of vaults hold; once they do not, the same command deletes it:\n")
        sys.stdout.writelines(f"  {each}\n" for each in held)
    return True


COMMAND = Command(
    name="destroy",
    help="delete an environment from AWS: its data, its stacks, and what AWS made beside them",
    add_arguments=_add_arguments,
    run=_run,
)
