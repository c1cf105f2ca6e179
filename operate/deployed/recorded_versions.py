"""The version of each alias in the record of CloudFormation, and its correction.

CloudFormation tells CodeDeploy which version an alias has now, from its own record. If the alias was moved by hand, the
deployment fails: "The Lambda function alias version does not match the current version in AppSpec file"
(https://github.com/aws/serverless-application-model/issues/291). The record is corrected by an update of the stack
that names the real version and leaves out CodeDeploy: CloudFormation then sets the alias to the version that it has
already, so no traffic moves.
"""

import copy
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from functions.shared.interface.names import ALIAS
from operate.errors import OperateError

ALIAS_TYPE = "AWS::Lambda::Alias"
VERSION_TYPE = "AWS::Lambda::Version"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html
_LONGEST_BODY = 51_200
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_WAITER = {"Delay": 2, "MaxAttempts": 300}
# An update can begin in these states only; in any other one, CloudFormation is at work or needs a person.
STEADY = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})

# Uploads a template and returns its URL.
type Upload = Callable[[str, bytes], str]


@dataclass(frozen=True, kw_only=True)
class RecordedAlias:
    """An alias as CloudFormation believes it to be.

    Attributes:
        logical_id: Its name in the template.
        function: The full name of the function.
        version: The recorded version.
    """

    logical_id: str
    function: str
    version: str


class StackRecord:
    """The record that CloudFormation has of a stack.

    Args:
        cloudformation: The boto3 client.
        stack: The name of the stack.
    """

    def __init__(self, cloudformation: Any, stack: str) -> None:  # noqa: ANN401 - boto3's clients have no types
        self._cloudformation = cloudformation
        self.stack = stack
        self._template: dict[str, Any] | None = None
        self._physical: Mapping[str, tuple[str, str]] | None = None

    def status(self) -> str | None:
        """Return the status of the stack, or None if it does not exist."""
        try:
            found = self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise
        return str(found["StackStatus"])

    def updated_at(self) -> datetime:
        """Return the time at which the last update of the stack began, or that of its creation."""
        found = self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        began_at: datetime = found.get("LastUpdatedTime") or found["CreationTime"]
        return began_at

    def cancel_update(self) -> None:
        """Let CloudFormation take back the update that it is carrying out.

        Raises:
            ClientError: The update has ended, or another refusal of CloudFormation.
        """
        self._cloudformation.cancel_update_stack(StackName=self.stack)

    def at_work(self) -> list[str]:
        """Return the resources that CloudFormation is changing now, by their names in the template."""
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack)
        return [
            each["LogicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
            if each.get("ResourceStatus", "").endswith("_IN_PROGRESS")
        ]

    def aliases(self) -> list[RecordedAlias]:
        """Return the recorded aliases of the stack."""
        resources = self.template()["Resources"]
        found = [(name, each) for name, each in resources.items() if each["Type"] == ALIAS_TYPE]
        aliases = [self._alias(name, each["Properties"]) for name, each in found]
        return [alias for alias in aliases if alias is not None]

    def versions(self, function: str) -> frozenset[str]:
        """Return the versions of a function that are resources of the stack."""
        arns = [physical for kind, physical in self.physical().values() if kind == VERSION_TYPE]
        return frozenset(arn.rpartition(":")[2] for arn in arns if arn.split(":")[-2] == function)

    def hook(self, logical_id: str) -> str | None:
        """Return the name of the function that CodeDeploy calls before it moves traffic to an alias, if any."""
        policy = self.template()["Resources"].get(logical_id, {}).get("UpdatePolicy", {})
        found = policy.get("CodeDeployLambdaAliasUpdate", {}).get("BeforeAllowTrafficHook")
        name = self._resolved(found) if isinstance(found, dict) else found
        return name.split(":function:")[-1] if isinstance(name, str) else None

    def correct(self, versions: Mapping[str, str], *, upload: Upload, token: str = "") -> None:
        """Let CloudFormation record other versions of aliases, without CodeDeploy.

        Args:
            versions: The version that each alias has now, by logical id.
            upload: Uploads a template that is too long for a call.
            token: The client request token, which the events of the update have; CloudFormation's own by default.

        Raises:
            OperateError: CloudFormation refused or failed; the stack is as it was.
        """
        template = copy.deepcopy(self.template())
        for logical_id, version in versions.items():
            template["Resources"][logical_id]["Properties"]["FunctionVersion"] = version
            template["Resources"][logical_id].pop("UpdatePolicy", None)
        described = self._cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        body = json.dumps(template, separators=(",", ":"))
        source = {"TemplateBody": body}
        if len(body.encode()) > _LONGEST_BODY:
            digest = hashlib.sha256(body.encode()).hexdigest()
            source = {"TemplateURL": upload(f"{digest}.json", body.encode())}
        try:
            self._cloudformation.update_stack(
                StackName=self.stack,
                Capabilities=_CAPABILITIES,
                Parameters=[
                    {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
                    for each in described.get("Parameters", ())
                ],
                **source,
                **({"ClientRequestToken": token} if token else {}),
            )
            self._cloudformation.get_waiter("stack_update_complete").wait(StackName=self.stack, WaiterConfig=_WAITER)
        except (ClientError, WaiterError) as error:
            raise OperateError(f"CloudFormation did not record the versions of {self.stack}: {error}") from error

    def template(self) -> dict[str, Any]:
        """Return the deployed template."""
        if self._template is None:
            body = self._cloudformation.get_template(StackName=self.stack, TemplateStage="Original")["TemplateBody"]
            # boto3 parses a template that is JSON.
            self._template = json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))
        return self._template

    def physical(self) -> Mapping[str, tuple[str, str]]:
        """Return the type and the physical id of each resource that exists, by its logical id."""
        if self._physical is None:
            pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack)
            self._physical = {
                each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
                for page in pages
                for each in page["StackResourceSummaries"]
                if each.get("PhysicalResourceId")
            }
        return self._physical

    def _alias(self, logical_id: str, properties: Mapping[str, Any]) -> RecordedAlias | None:
        function = self._resolved(properties["FunctionName"])
        version = self._resolved(properties["FunctionVersion"])
        if properties["Name"] != ALIAS or function is None or version is None:
            return None
        return RecordedAlias(logical_id=logical_id, function=function, version=version.rpartition(":")[2])

    def _resolved(self, value: Any) -> str | None:  # noqa: ANN401 - a value of a template
        """Return the physical id behind a reference; None if the resource does not exist."""
        if isinstance(value, str):
            return value
        reference = value.get("Ref") or value.get("Fn::GetAtt", [None])[0]
        found = self.physical().get(reference)
        return found[1] if found else None
