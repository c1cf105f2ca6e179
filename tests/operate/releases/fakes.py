"""Stand-ins for AWS as the release commands see it; each has the form of the boto3 client it stands for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from operate.progress import Progress
from operate.target import Target

ACCOUNT = "111111111111"
BEFORE = datetime(2026, 11, 30, 9, tzinfo=UTC)
STARTED = datetime(2026, 11, 30, 10, tzinfo=UTC)


def refused(code: str, operation: str = "Call") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"{code} of the test"}}, operation)


class Pages:
    """A paginator with one page that a function makes."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def paginate(self, **arguments: Any) -> Iterator[Any]:
        yield self._page(**arguments)


class FakeSts:
    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/ada"}


@dataclass
class FakeEvents:
    """The bus; `error` is the code with which it refuses the entry, or an exception."""

    error: str | Exception | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - as boto3 names it
        if isinstance(self.error, Exception):
            raise self.error
        if self.error:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": self.error, "ErrorMessage": "no such bus"}]}
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}

    @property
    def envelopes(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.entries]


class FakeCdk:
    """The CDK: it writes an assembly of one template for each stack, and deploys or fails."""

    def __init__(self, *stacks: str, synthesizes: bool = True, broadens: bool = False, deploys: bool = True) -> None:
        self.stacks = stacks
        self.synthesizes, self.broadens, self.deploys = synthesizes, broadens, deploys
        self.contexts: list[Mapping[str, str]] = []
        self.deployed: list[Path] = []

    def synth(self, assembly: Path, context: Mapping[str, str]) -> bool:
        self.contexts.append(dict(context))
        write_assembly(assembly, *self.stacks)
        return self.synthesizes

    def broadens_rights(self, _: Path) -> bool:
        return self.broadens

    def deploy(self, assembly: Path) -> bool:
        self.deployed.append(assembly)
        return self.deploys


def write_assembly(folder: Path, *stacks: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, Any] = {"Tree": {"type": "cdk:tree"}}
    for stack in stacks:
        (folder / f"{stack}.template.json").write_text(json.dumps({"Description": stack}))
        properties = {"templateFile": f"{stack}.template.json", "stackName": stack}
        artifacts[stack] = {"type": "aws:cloudformation:stack", "properties": properties}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def target_of(environment: str, **clients: Any) -> Target:
    return Target(environment, {}, clients={"sts": FakeSts(), **clients})


class Said(Progress):
    """Keeps the lines instead of writing them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def show(self, text: str) -> None:
        self.lines.append(text)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class FakeLambda:
    """Functions with versions and one alias each; an alias that changes gets another revision.

    Attributes:
        aliases: The version and the weights of each function's alias.
        states: The state of versions, other than `Active`.
    """

    class exceptions:  # noqa: N801 - as boto3 names it
        class ResourceNotFoundException(ClientError):  # type: ignore[misc]
            pass

    def __init__(self, **functions: tuple[str, dict[str, float]]) -> None:
        self.aliases = {name.replace("_", "-"): alias for name, alias in functions.items()}
        self.published = {
            name: [str(number) for number in range(1, 1 + max(map(int, (version, *weights))))]
            for name, (version, weights) in self.aliases.items()
        }
        self.states: dict[tuple[str, str], str] = {}
        self.revisions = dict.fromkeys(self.aliases, 1)
        self.deleted: list[tuple[str, str]] = []
        self.moved: list[tuple[str, str]] = []

    def missing(self) -> ClientError:
        return self.exceptions.ResourceNotFoundException({"Error": {"Code": "ResourceNotFoundException"}}, "GetAlias")

    def get_alias(self, *, FunctionName: str, Name: str) -> Any:  # noqa: N803 - as boto3 names it
        assert Name == "live"
        if FunctionName not in self.aliases:
            raise self.missing()
        version, weights = self.aliases[FunctionName]
        routing = {"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}
        return {"FunctionVersion": version, "RevisionId": str(self.revisions[FunctionName]), **routing}

    def update_alias(self, **given: Any) -> None:
        name = given["FunctionName"]
        if given["RevisionId"] != str(self.revisions[name]):
            raise refused("PreconditionFailedException", "UpdateAlias")
        self.aliases[name] = (given["FunctionVersion"], given["RoutingConfig"]["AdditionalVersionWeights"])
        self.revisions[name] += 1
        self.moved.append((name, given["FunctionVersion"]))

    def set_alias(self, name: str, version: str, weights: dict[str, float] | None = None) -> None:
        """Change an alias as CodeDeploy or a person does."""
        self.aliases[name] = (version, weights or {})
        self.revisions[name] += 1

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> Any:  # noqa: N803 - as boto3 names it
        if Qualifier not in self.published.get(FunctionName, ()):
            raise self.missing()
        return {"State": self.states.get((FunctionName, Qualifier), "Active")}

    def get_account_settings(self) -> Any:
        return {"AccountUsage": {"TotalCodeSize": 1024**3}, "AccountLimit": {"TotalCodeSize": 75 * 1024**3}}

    def delete_function(self, *, FunctionName: str, Qualifier: str) -> None:  # noqa: N803 - as boto3 names it
        version, weights = self.aliases[FunctionName]
        # As Lambda: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
        assert Qualifier not in {version, *weights}, "Lambda refuses to delete a version that an alias points to"
        self.published[FunctionName].remove(Qualifier)
        self.deleted.append((FunctionName, Qualifier))

    def get_paginator(self, operation: str) -> Pages:
        def versions(*, FunctionName: str) -> Any:  # noqa: N803 - as boto3 names it
            if FunctionName not in self.published:
                raise self.missing()
            listed: list[Any] = [{"Version": "$LATEST", "CodeSize": 1}]
            return {
                "Versions": [*listed, *({"Version": each, "CodeSize": 10**7} for each in self.published[FunctionName])]
            }

        def aliases(*, FunctionName: str) -> Any:  # noqa: N803 - as boto3 names it
            return {"Aliases": [{"Name": "live", **self.get_alias(FunctionName=FunctionName, Name="live")}]}

        return Pages({"list_versions_by_function": versions, "list_aliases": aliases}[operation])


class FakeStacks:
    """CloudFormation with one stack a service, and the version of each alias on record.

    Attributes:
        recorded: The recorded version of each function, by the name of the stack.
        resources: The version of each function that is a resource; the alias names another one as a literal.
        status: The status of every stack.
        updates: The arguments of each update.
        at_work: The logical ids of resources that CloudFormation is changing.
        updated_at: The begin of the last update.
        cancelled: The stacks with an update that was cancelled.
    """

    def __init__(self, recorded: dict[str, dict[str, str]], aws_lambda: FakeLambda) -> None:
        self.recorded = recorded
        self.resources = {stack: dict(versions) for stack, versions in recorded.items()}
        self.status = "UPDATE_COMPLETE"
        self.updates: list[Any] = []
        self.at_work: set[str] = set()
        self.updated_at = BEFORE
        self.cancelled: list[str] = []
        self._lambda = aws_lambda

    def template(self, stack: str) -> Any:
        resources: dict[str, Any] = {}
        for function, version in self.recorded[stack].items():
            reference = {"Fn::GetAtt": [f"Version{function}", "Version"]}
            resources[f"Function{function}"] = {"Type": "AWS::Lambda::Function", "Properties": {}}
            resources[f"Version{function}"] = {"Type": "AWS::Lambda::Version", "Properties": {}}
            resources[f"Live{function}"] = {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "Name": "live",
                    "FunctionName": {"Ref": f"Function{function}"},
                    "FunctionVersion": reference if version == self.resources[stack][function] else version,
                },
                "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {"ApplicationName": stack}},
            }
        return {"Resources": resources}

    def describe_stacks(self, *, StackName: str) -> Any:  # noqa: N803 - as boto3 names it
        if StackName not in self.recorded:
            raise refused("ValidationError")
        parameters = [{"ParameterKey": "BootstrapVersion", "ParameterValue": "/cdk"}]
        times = {"CreationTime": BEFORE, "LastUpdatedTime": self.updated_at}
        return {"Stacks": [{"StackStatus": self.status, "Parameters": parameters, **times}]}

    def cancel_update_stack(self, *, StackName: str) -> None:  # noqa: N803 - as boto3 names it
        if self.status != "UPDATE_IN_PROGRESS":
            raise refused("ValidationError", "CancelUpdateStack")
        self.cancelled.append(StackName)
        self.status = "UPDATE_ROLLBACK_IN_PROGRESS"

    def get_template(self, *, StackName: str, TemplateStage: str) -> Any:  # noqa: N803 - as boto3 names it
        assert TemplateStage == "Original"
        return {"TemplateBody": self.template(StackName)}

    def get_paginator(self, operation: str) -> Pages:
        if operation == "describe_stack_events":
            return Pages(lambda *, StackName: self.describe_stacks(StackName=StackName))  # noqa: N803 - as boto3 names it
        assert operation == "list_stack_resources"

        def page(*, StackName: str) -> Any:  # noqa: N803 - as boto3 names it
            found = []
            for function, version in self.resources[StackName].items():
                arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{function}"
                found += [
                    (f"Function{function}", "AWS::Lambda::Function", function),
                    (f"Version{function}", "AWS::Lambda::Version", f"{arn}:{version}"),
                    (f"Live{function}", "AWS::Lambda::Alias", f"{arn}:live"),
                ]
            keys = ("LogicalResourceId", "ResourceType", "PhysicalResourceId", "ResourceStatus")
            status = {True: "UPDATE_IN_PROGRESS", False: "UPDATE_COMPLETE"}
            return {
                "StackResourceSummaries": [
                    dict(zip(keys, (*each, status[each[0] in self.at_work]), strict=True)) for each in found
                ]
            }

        return Pages(page)

    def update_stack(self, **given: Any) -> None:
        """Update aliases as CloudFormation does: by CodeDeploy with a policy, else directly."""
        self.updates.append(given)
        template = json.loads(given["TemplateBody"])
        for name, resource in template["Resources"].items():
            version = resource["Properties"].get("FunctionVersion")
            function = name.removeprefix("Live")
            if isinstance(version, str) and version != self.recorded[given["StackName"]][function]:
                # CodeDeploy would compare the alias with the record and refuse: aws/serverless-application-model#291.
                assert "UpdatePolicy" not in resource
                assert self._lambda.aliases[function] == (version, {}), "traffic would move"
                self.recorded[given["StackName"]][function] = version

    def get_waiter(self, name: str) -> "FakeStacks":
        assert name == "stack_update_complete"
        return self

    def wait(self, **_: Any) -> None:
        return


class FakeCodeDeploy:
    """The deployments of functions; a stopped one is taken back by another deployment, as CodeDeploy does.

    Attributes:
        polls: The number of times that a deployment which takes another one back is seen at work.
    """

    class exceptions:  # noqa: N801 - as boto3 names it
        class ApplicationDoesNotExistException(ClientError):  # type: ignore[misc]
            pass

        class DeploymentGroupDoesNotExistException(ClientError):  # type: ignore[misc]
            pass

        class DeploymentAlreadyCompletedException(ClientError):  # type: ignore[misc]
            pass

    def __init__(self, aws_lambda: FakeLambda) -> None:
        self._lambda = aws_lambda
        self.deployments: dict[str, dict[str, Any]] = {}
        self.stopped: list[str] = []
        self.polls = 2

    def add(self, function: str, before: str, after: str, at: datetime, **info: str) -> str:
        """Add a deployment; `info` is the rest of its DeploymentInfo, such as `status`."""
        deployment_id = f"d-{len(self.deployments) + 1}"
        own = {"deploymentId": deployment_id, "createTime": at, "status": "Succeeded", "creator": "CloudFormation"}
        self.deployments[deployment_id] = {
            "function": function,
            "before": before,
            "after": after,
            "info": {**own, **info},
        }
        return deployment_id

    def get_paginator(self, _: str) -> Pages:
        def page(*, applicationName: str, deploymentGroupName: str, includeOnlyStatuses: list[str]) -> Any:  # noqa: N803 - AWS's names
            assert deploymentGroupName.startswith(applicationName)
            found = [
                name
                for name, each in self.deployments.items()
                if each["function"] == deploymentGroupName and each["info"]["status"] in includeOnlyStatuses
            ]
            if not any(each["function"].startswith(applicationName) for each in self.deployments.values()):
                error = {"Error": {"Code": "ApplicationDoesNotExistException"}}
                raise self.exceptions.ApplicationDoesNotExistException(error, "ListDeployments")
            return {"deployments": found}

        return Pages(page)

    def get_deployment(self, *, deploymentId: str) -> Any:  # noqa: N803 - as boto3 names it
        deployment = self.deployments[deploymentId]
        if deployment.get("polls", 0):
            deployment["polls"] -= 1
        elif deployment["info"]["status"] == "InProgress" and "polls" in deployment:
            deployment["info"]["status"] = "Succeeded"
            self._lambda.set_alias(deployment["function"], deployment["after"])
        return {"deploymentInfo": deployment["info"]}

    def list_deployment_targets(self, *, deploymentId: str) -> Any:  # noqa: N803 - as boto3 names it
        return {"targetIds": [deploymentId]}

    def batch_get_deployment_targets(self, *, deploymentId: str, targetIds: list[str]) -> Any:  # noqa: N803 - AWS's names
        assert targetIds == [deploymentId]
        deployment = self.deployments[deploymentId]
        info = {"functionAlias": "live", "currentVersion": deployment["before"], "targetVersion": deployment["after"]}
        return {"deploymentTargets": [{"lambdaTarget": {"lambdaFunctionInfo": info}}]}

    def stop_deployment(self, *, deploymentId: str, autoRollbackEnabled: bool) -> None:  # noqa: N803 - AWS's names
        assert autoRollbackEnabled
        stopped = self.deployments[deploymentId]
        if stopped["info"]["status"] != "InProgress":
            error = {"Error": {"Code": "DeploymentAlreadyCompletedException"}}
            raise self.exceptions.DeploymentAlreadyCompletedException(error, "StopDeployment")
        self.stopped.append(deploymentId)
        stopped["info"]["status"] = "Stopped"
        back = self.add(
            stopped["function"],
            stopped["after"],
            stopped["before"],
            stopped["info"]["createTime"],
            status="InProgress",
            creator="codeDeployRollback",
        )
        self.deployments[back]["polls"] = self.polls
        stopped["info"]["rollbackInfo"] = {"rollbackDeploymentId": back}
