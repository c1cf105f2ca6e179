"""The event `DeploymentRequested.v1`: a deployment tells the platform what it brings, before the CDK starts."""

import json
import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.interface.names import CLOUDEVENTS_VERSION
from operate.target import CHECKOUT, Target

SOURCE = "operations"
TYPE = "DeploymentRequested.v1"
CONTRACT = CHECKOUT / "events" / SOURCE / f"{TYPE}.schema.json"
# As the event's contract limits them.
LONGEST_REASON = 500
LONGEST_NAME = 255


@dataclass(frozen=True, kw_only=True)
class Commit:
    """The commit of the checkout.

    Attributes:
        sha: The 40 hexadecimal digits.
        written_at: The author's time, in UTC.
        branch: The branch, or `HEAD` if none is checked out.
        is_clean: False if files of the checkout differ from the commit.
    """

    sha: str
    written_at: datetime
    branch: str
    is_clean: bool


@dataclass(frozen=True, kw_only=True)
class DeploymentRequest:
    """One run of a deployment.

    Attributes:
        commit: The commit of the templates.
        artefacts: The SHA-256 of each stack's template, by the stack's name.
        services: The services among the stacks.
        requested_by: The account at GitHub, or the ARN at AWS, that deploys.
        approved_by: The accounts that approved it, if a workflow asked.
        workflow_run: The address of the workflow's run.
        reason: The reason, if one was given.
        past_alarms: True if no alarm can stop it.
        rollback_of: The request, or `<service>@<version>`, that it takes back.
        stacks: The names of the stacks; those of the artefacts by default.
    """

    commit: Commit
    artefacts: Mapping[str, str]
    services: tuple[str, ...]
    requested_by: str
    approved_by: str | None = None
    workflow_run: str | None = None
    reason: str | None = None
    past_alarms: bool = False
    rollback_of: str | None = None
    stacks: tuple[str, ...] = ()
    request_id: str = field(default_factory=lambda: str(uuid4()))

    def data(self) -> dict[str, Any]:
        """Return the event's data; members without a value are left out, and long names and reasons are cut."""
        optional = {
            "approved_by": self.approved_by and _cut(self.approved_by, LONGEST_NAME),
            "workflow_run": self.workflow_run,
            "reason": self.reason and _cut(self.reason, LONGEST_REASON),
            "rollback_of": self.rollback_of,
        }
        return {
            "request_id": self.request_id,
            "commit": self.commit.sha,
            "committed_at": _instant(self.commit.written_at),
            "branch": _cut(self.commit.branch, LONGEST_NAME),
            "stacks": sorted(self.stacks or self.artefacts),
            "artefacts": dict(self.artefacts),
            "services": list(self.services),
            "requested_by": _cut(self.requested_by, LONGEST_NAME),
            "past_alarms": self.past_alarms,
            **{name: value for name, value in optional.items() if value},
        }

    def envelope(self) -> dict[str, Any]:
        """Return the event in the envelope of `events/envelope.schema.json`."""
        return {
            "specversion": CLOUDEVENTS_VERSION,
            "id": str(uuid4()),
            "source": SOURCE,
            "type": TYPE,
            "subject": f"{SOURCE}/{self.request_id}",
            "time": _instant(datetime.now(UTC)),
            "datacontenttype": "application/json",
            "sequence": "1",
            "correlationid": self.request_id,
            "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00",
            "data": self.data(),
        }


def publish(target: Target, request: DeploymentRequest) -> str:
    """Publish the event on the environment's bus; return an empty text, or why it was not published."""
    if problem := _misfit(request):
        return f"the event would not fit its contract: {problem}"
    entry = {
        "EventBusName": target.environment.prefix,
        "Source": SOURCE,
        "DetailType": TYPE,
        "Detail": json.dumps(request.envelope(), separators=(",", ":")),
    }
    try:
        answer = target.client("events").put_events(Entries=[entry])
    except (BotoCoreError, ClientError) as error:
        return str(error)
    result = answer["Entries"][0]
    return f"{result['ErrorCode']}: {result.get('ErrorMessage', '')}" if answer["FailedEntryCount"] else ""


def _misfit(request: DeploymentRequest) -> str:
    """Return the member that the event's contract refuses, with the reason; an empty text if there is none."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - a tenth of a second, and few commands publish
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - as above

    schema = json.loads(CONTRACT.read_text("utf-8"))["properties"]["data"]
    error = best_match(Draft202012Validator(schema).iter_errors(request.data()))
    return f"{error.json_path}: {error.message}" if error else ""


def read_commit(variables: Mapping[str, str] = os.environ) -> Commit | None:
    """Read the commit of the checkout, or return None outside one of Git.

    A workflow checks out no branch, so its variable names the branch.
    """
    described = _git("log", "-1", "--format=%H %aI")
    if described is None:
        return None
    sha, written_at = described.split()
    return Commit(
        sha=sha,
        written_at=datetime.fromisoformat(written_at),
        branch=variables.get("GITHUB_REF_NAME") or _git("rev-parse", "--abbrev-ref", "HEAD") or "HEAD",
        is_clean=_git("status", "--porcelain") == "",
    )


def read_requester(target: Target, variables: Mapping[str, str] = os.environ) -> str:
    """Return the account that started the workflow, or the ARN of the session at AWS; `unknown` if AWS does not say."""
    try:
        return variables.get("GITHUB_ACTOR") or str(target.client("sts").get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError):
        return "unknown"


def read_workflow_run(variables: Mapping[str, str] = os.environ) -> str | None:
    """Return the address of the running workflow, or None on a laptop."""
    parts = [variables.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else None


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - Git is on the PATH, or there is no commit
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _instant(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
