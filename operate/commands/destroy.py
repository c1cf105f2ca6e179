"""The command `destroy`: delete an environment from AWS, including its data."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import WaiterError

from cdk.settings.environment import Environment
from cdk.settings.stack_names import SharedStack
from operate.command import Command
from operate.deployed.emptying import HeldBackupsError, empty_bucket, empty_vault
from operate.deployed.retained import LEFT_BY_DESTROY, REASONS
from operate.deployed.stacks import DeployedStack, find_stacks, log_groups_beside
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

VAULT = "AWS::Backup::BackupVault"
# A load balancer writes its last access logs minutes after the bucket was emptied.
_ATTEMPTS = 3
# CloudFormation takes minutes to delete a stack with a load balancer.
_WAITER = {"Delay": 10, "MaxAttempts": 180}

type Clients = Callable[[str, str], Any]


def _client(service: str, region: str) -> Any:  # noqa: ANN401 - boto3 creates its clients at run time
    return boto3.client(service, region_name=region)


@dataclass(frozen=True, kw_only=True)
class Destruction:
    """Deletes an environment; it can be interrupted and run again.

    Attributes:
        environment: The environment to delete.
        clients: Creates the client of a service in a region.
        progress: Receives the progress.
    """

    environment: Environment
    clients: Clients = _client
    progress: Progress = field(default_factory=Progress)

    def find(self) -> list[DeployedStack]:
        """Find the environment's stacks in its region and that of backup copies, the newest first.

        Only the environment's file names the region of copies; without it, a warning names the stack that may exist.

        Raises:
            OperateError: A deployed stack is protected from deletion, even if the environment's file has changed since.
        """
        copy_region = self.environment.backup.copy_region if self.environment.backup else None
        found = [
            stack
            for region in filter(None, (self.environment.region, copy_region))
            for stack in find_stacks(self.clients("cloudformation", region), region, self.environment.prefix)
        ]
        protected = [stack.name for stack in found if stack.is_protected]
        if protected:
            raise OperateError(
                f"These stacks were deployed with protection from deletion: {', '.join(protected)}. Deploy the"
                " environment with `removal: destroy` first."
            )
        backup, copies = SharedStack.BACKUP.of(self.environment), SharedStack.BACKUP_COPIES.of(self.environment)
        names = {stack.name for stack in found}
        if copy_region is None and backup in names and copies not in names:
            self.progress.say(
                f"Warning: {backup} exists, but cdk/environments/{self.environment.name}.yaml has no"
                f" `backup.copy_region`. If {backup} was deployed with one, {copies} stays in that region, with its"
                " vault, the copied backups and their key. Restore `backup:` as it was deployed before you go on."
            )
        return sorted(found, key=lambda stack: stack.created_at, reverse=True)

    def run(self, stacks: Sequence[DeployedStack]) -> list[str]:
        """Empty the buckets, delete each stack and the log groups beside it; stacks with backup vaults are last.

        Returns:
            The backups that vault locks hold, with the end of each hold. If there are any, the stacks with vaults stay.

        Raises:
            OperateError: A bucket cannot be emptied, or stacks remain.
        """
        vaults = [stack for stack in stacks if stack.of_type(VAULT)]
        self._delete([stack for stack in stacks if stack not in vaults])
        held = self._empty_vaults(vaults)
        if not held:
            self._delete(vaults)
        # Logs of a stack's last minutes can create a log group again.
        for stack in stacks:
            self._delete_log_groups(stack)
        return held

    def _delete(self, stacks: Sequence[DeployedStack]) -> None:
        """Delete stacks in their order, and retry those that fail.

        A stack is usually newer than the stacks that it needs. After an update, an older stack may need a newer one:
        the first attempt to delete the newer one then fails.
        """
        failed = dict[str, str]()
        remaining = list(stacks)
        for _ in range(_ATTEMPTS):
            failed = {}
            for stack in remaining:
                for bucket in stack.of_type("AWS::S3::Bucket"):
                    empty_bucket(self.clients("s3", stack.region), bucket, progress=self.progress)
                if reason := self._delete_stack(stack):
                    failed[stack.name] = reason
                else:
                    # A later run no longer finds this stack, and so cannot name its log groups.
                    self._delete_log_groups(stack)
            remaining = [stack for stack in reversed(remaining) if stack.name in failed]
            if not remaining:
                return
        raise OperateError(
            "CloudFormation could not delete these stacks:\n"
            + "\n".join(f"  {name}: {reason}" for name, reason in failed.items())
            + "\nRemove the causes and run the same command again."
        )

    def _delete_stack(self, stack: DeployedStack) -> str:
        """Delete a stack; return the reason if CloudFormation fails."""
        cloudformation = self.clients("cloudformation", stack.region)
        self.progress.say(f"Deleting {stack.name} in {stack.region} …")
        cloudformation.delete_stack(StackName=stack.name)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig=_WAITER)
        except WaiterError as error:
            events = cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
            failures = [event for event in events if event["ResourceStatus"] == "DELETE_FAILED"]
            reason = "; ".join(event.get("ResourceStatusReason", "") for event in failures[:2]) or str(error)
            self.progress.say(f"{stack.name} is not deleted: {reason}")
            return reason
        return ""

    def _empty_vaults(self, stacks: Sequence[DeployedStack]) -> list[str]:
        """Empty all vaults, and return the held backups.

        If a vault is held, the stacks of all vaults must stay: AWS Backup deletes expired backups and their copies with
        the role of one of these stacks.
        """
        held = list[str]()
        for stack in stacks:
            for vault in stack.of_type(VAULT):
                try:
                    empty_vault(self.clients("backup", stack.region), vault, progress=self.progress)
                except HeldBackupsError as error:
                    held.append(f"{stack.name} in {stack.region}: {error.summary}")
        return held

    def _delete_log_groups(self, stack: DeployedStack) -> None:
        """Delete the log groups beside a stack; groups that do not exist count as deleted."""
        logs = self.clients("logs", stack.region)
        for name in log_groups_beside(stack):
            try:
                logs.delete_log_group(logGroupName=name)
            except logs.exceptions.ResourceNotFoundException:
                continue
            self.progress.say(f"Deleted the log group {name}, which AWS had created outside the stacks.")


def refuse_retained(environment: Environment) -> None:
    """Refuse an environment with data that must outlive its stacks.

    Raises:
        OperateError: The environment retains data; the message lists the types of resources that would remain, and why.
    """
    if environment.retains:
        listed = "\n".join(f"  {kind}: {reason}" for kind, reason in REASONS.items())
        raise OperateError(
            f"{environment.name} has `removal: retain`: its stacks are protected from deletion, and these resources"
            f" would outlive them:\n{listed}\nTo delete it anyway, set `removal: destroy` in"
            f" cdk/environments/{environment.name}.yaml, deploy, and run this command again."
        )


def confirmed(name: str, given: str | None) -> bool:
    """Return True if the environment's name was typed, on the terminal or on the command line.

    Raises:
        OperateError: The name was not given, and there is no terminal.
    """
    if given is not None:
        return given == name
    if not sys.stdin.isatty():
        raise OperateError(f"There is no terminal to ask. In a script: make destroy environment={name} yes={name}")
    return input(f"Type {name} to delete the environment and all its data: ").strip() == name


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", metavar="name", help="confirm with the environment's name, instead of the question")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    name = target.environment.name
    if target.is_local:
        raise OperateError("destroy deletes from AWS. To delete the local platform and its data, run: make reset")
    refuse_retained(target.environment)
    account, destruction = target.account, Destruction(environment=target.environment)
    found = destruction.find()
    if not found:
        sys.stdout.write(f"{name} has no stacks in account {account}. Nothing to delete.\n")
        return True
    listed = "".join(f"  {stack.region}  {stack.name}\n" for stack in found)
    sys.stdout.write(f"Stacks of {name} in account {account}:\n{listed}")
    sys.stdout.flush()
    if not confirmed(name, arguments.yes):
        raise OperateError(f"The confirmation is not {name!r}; nothing was deleted.")
    destruction.progress.say("This takes up to half an hour. You can interrupt it and run the same command again.")
    sys.stdout.write(summary(name, destruction.run(found)))
    return True


def summary(name: str, held: Sequence[str]) -> str:
    """Return the report of a deletion: the resources that stay on purpose, and the backups that vault locks hold."""
    stay = [f"  {what}: {reason}" for what, reason in LEFT_BY_DESTROY.items()]
    if not held:
        return "\n".join([f"{name} is deleted. These stay on purpose:", *stay, ""])
    locked = "Vault locks hold these backups. Run the same command again when the locks have ended:"
    deleted = f"{name} is deleted, except the stacks with vaults. These stay on purpose:"
    return "\n".join([deleted, *stay, locked, *(f"  {each}" for each in held), ""])


COMMAND = Command(
    name="destroy",
    help="delete an environment from AWS: its data, its stacks, and the log groups that AWS created outside them",
    add_arguments=_add_arguments,
    run=_run,
)
