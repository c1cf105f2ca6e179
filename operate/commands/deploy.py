"""The command `deploy`: deploy an environment to AWS with the real CDK, announce it, and explain a failure."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from cdk.settings.manifests import load_manifests
from operate.command import Command
from operate.errors import OperateError, UsageError
from operate.progress import Progress
from operate.releases.agreement import agree
from operate.releases.announcement import (
    DeploymentRequest,
    publish,
    read_commit,
    read_requester,
    read_workflow_run,
)
from operate.releases.cdk_cli import CdkCli, template_digests
from operate.releases.failure import causes_of_failure
from operate.target import CHECKOUT, Target

# The folder of `cdk.json`.
_ASSEMBLY = CHECKOUT / ".local" / "cdk.out"
_YES = frozenset({"y", "yes"})


@dataclass(frozen=True, kw_only=True)
class Options:
    """The wishes of the person or the workflow that deploys.

    Attributes:
        assembly: A folder that `cdk synth` wrote before; None synthesizes now.
        reason: The reason for the deployment.
        past_alarms: True deploys while alarms are on; it needs a reason.
        approved: True if a person has already agreed to changes of rights.
        approved_by: The people who approved the workflow.
        rollback_of: The request, or `<service>@<version>`, that this deployment takes back.
    """

    assembly: Path | None = None
    reason: str | None = None
    past_alarms: bool = False
    approved: bool = False
    approved_by: str | None = None
    rollback_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Deployer:
    """Deploys an environment.

    Attributes:
        target: The environment.
        cdk: The CDK's command line.
        ask: Asks the person at the terminal; None if there is no terminal.
        progress: Receives the progress.
        variables: The environment variables of a workflow.
    """

    target: Target
    cdk: CdkCli
    ask: Callable[[str], str] | None
    progress: Progress = field(default_factory=Progress)
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def deploy(self, options: Options) -> bool:
        """Deploy every stack; return False if one failed, after its causes were printed.

        Raises:
            OperateError: The deployment did not begin, and changed nothing.
            ConfigurationError: A manifest is wrong; the message lists every problem.
        """
        reason = self._reason(options)
        # Wrong manifests are reported here, before the CDK wraps them into its own messages.
        services = tuple(manifest.service for manifest in load_manifests())
        account = self.target.account
        assembly = options.assembly or self._synthesize(past_alarms=options.past_alarms)
        artefacts = template_digests(assembly)
        self._check(artefacts)
        if not options.approved:
            self._approve(assembly)
        for line in agree(self.target, services, progress=self.progress, is_deployment=False):
            self.progress.say(line)
        started = datetime.now(UTC)
        self._announce(options, reason, artefacts, services)
        try:
            if self.cdk.deploy(assembly):
                return True
        except KeyboardInterrupt:
            self.progress.say(
                "\nCloudFormation and CodeDeploy go on with the stacks that they have begun. To take a service back:"
                f' make rollback service=… environment={self.target.environment.name} reason="…"'
            )
            raise
        self._explain(sorted(artefacts), started, account)
        return False

    def _reason(self, options: Options) -> str | None:
        reason = (options.reason or "").strip() or None
        if reason or not options.past_alarms:
            return reason
        asked = self.ask("Why does this deployment have to pass firing alarms? ").strip() if self.ask else ""
        if not asked:
            raise UsageError('past_alarms needs a reason: make deploy past_alarms=1 reason="…"')
        return asked

    def _synthesize(self, *, past_alarms: bool) -> Path:
        context = {"environment": self.target.environment.name, **({"past_alarms": "true"} if past_alarms else {})}
        if not self.cdk.synth(_ASSEMBLY, context):
            raise OperateError("The CDK could not synthesize the stacks; nothing was deployed.")
        return _ASSEMBLY

    def _check(self, artefacts: Mapping[str, str]) -> None:
        """Refuse an assembly of another environment."""
        prefix = f"{self.target.environment.prefix}-"
        wrong = [stack for stack in artefacts if not stack.startswith(prefix)]
        if wrong or not artefacts:
            raise OperateError(f"The assembly is not of {self.target.environment.name}: {', '.join(wrong) or 'empty'}.")

    def _approve(self, assembly: Path) -> None:
        if not self.cdk.broadens_rights(assembly):
            return
        if self.ask is None:
            raise OperateError("The deployment broadens rights, and there is no terminal to ask. To agree: yes=1")
        if self.ask("Deploy these changes of rights? (y/n) ").strip().lower() not in _YES:
            raise OperateError("Nothing was deployed.")

    def _announce(
        self, options: Options, reason: str | None, artefacts: Mapping[str, str], services: tuple[str, ...]
    ) -> None:
        """Publish the event; a failure must not stop a deployment, which may be the repair of the bus."""
        commit = read_commit(self.variables)
        if commit is None:
            self.progress.say("⚠ This is no Git checkout, so the deployment is not announced to the platform.")
            return
        if not commit.is_clean:
            self.progress.say(f"⚠ The checkout differs from commit {commit.sha[:12]}, which the record will name.")
        prefix = self.target.environment.prefix
        request = DeploymentRequest(
            commit=commit,
            artefacts=artefacts,
            services=tuple(name for name in services if f"{prefix}-{name}" in artefacts),
            requested_by=read_requester(self.target, self.variables),
            approved_by=options.approved_by,
            workflow_run=read_workflow_run(self.variables),
            reason=reason,
            past_alarms=options.past_alarms,
            rollback_of=options.rollback_of,
        )
        if problem := publish(self.target, request):
            self.progress.say(
                f"⚠ The deployment is not announced to the platform, and its record will lack commit and reason:"
                f" {problem}\n  A first deployment creates the bus, so this is normal then."
            )
        else:
            self.progress.say(f"Announced as {request.request_id}.")

    def _explain(self, stacks: list[str], since: datetime, account: str) -> None:
        self.progress.say(f"\nThe deployment failed in account {account}. The first cause comes first:")
        try:
            lines = list(causes_of_failure(self.target, stacks, since=since))
        except (BotoCoreError, ClientError) as error:
            lines = [f"  AWS does not say why: {error}"]
        for line in lines or ["  CloudFormation reports no failed resource; the CDK's own message is above."]:
            self.progress.say(line)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--assembly", type=Path, metavar="FOLDER", help="deploy a cloud assembly that exists already")
    parser.add_argument("--past-alarms", action="store_true", help="deploy while alarms are firing; needs a reason")
    parser.add_argument("--reason", help="the reason, which is recorded")
    parser.add_argument("--yes", action="store_true", help="agree to changes of rights without a question")
    parser.add_argument("--approved-by", metavar="NAMES", help="the people who approved the workflow")
    parser.add_argument("--rollback-of", metavar="ID", help="the request, or service@version, that it takes back")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    if target.is_local:
        raise OperateError("deploy deploys to AWS. To deploy on this machine, run: make up")
    if arguments.past_alarms and arguments.assembly:
        raise UsageError("past_alarms changes the templates, so it cannot deploy an assembly that exists already.")
    options = Options(
        assembly=arguments.assembly,
        reason=arguments.reason,
        past_alarms=arguments.past_alarms,
        approved=arguments.yes,
        approved_by=arguments.approved_by,
        rollback_of=arguments.rollback_of,
    )
    ask = input if sys.stdin.isatty() else None
    return Deployer(target=target, cdk=CdkCli(), ask=ask).deploy(options)


COMMAND = Command(
    name="deploy",
    help="deploy an environment to AWS with the CDK, announce it, and explain a failure",
    add_arguments=_add_arguments,
    run=_run,
)
