"""Roles and calls of the functions that are deployed to an embedded AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cdk.conventions.grant import METADATA_KEY
from tests.privileges.grants import Call, Grant, Reasons, grants_of

type Client = Any


def functions_by_role(functions: Client) -> dict[str, str]:
    """Return the name of each function by the name of its role."""
    pages = functions.get_paginator("list_functions").paginate()
    return {each["Role"].rpartition("/")[2]: each["FunctionName"] for page in pages for each in page["Functions"]}


def granted(iam: Client, cloudformation: Client, functions: dict[str, str], stacks: list[str]) -> Iterator[Grant]:
    """Yield the grants of the functions, each with the reason from its template."""
    reasons = {key: given for stack in stacks for key, given in _reasons(cloudformation, stack).items()}
    for role, function in functions.items():
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            yield from grants_of(function, document, reasons.get((role, policy), {}))


def _reasons(cloudformation: Client, stack: str) -> dict[tuple[str, str], Reasons]:
    """Return the reasons in a policy's metadata, by the names of its role and the policy."""
    resources = cloudformation.get_template(StackName=stack)["TemplateBody"]["Resources"]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    listed = [each for page in pages for each in page["StackResourceSummaries"]]
    physical = {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in listed}
    return {
        (physical[role["Ref"]], resource["Properties"]["PolicyName"]): resource.get("Metadata", {}).get(
            METADATA_KEY, {}
        )
        for resource in resources.values()
        if resource["Type"] == "AWS::IAM::Policy"
        for role in resource["Properties"]["Roles"]
    }


def called(file: Path, functions: dict[str, str]) -> list[Call]:
    """Return the calls of the functions, without those of tests that assumed a role."""
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [
        Call(role=line["session"], action=line["action"], resource=line["resource"], allowed=line["allowed"])
        for line in lines
        if functions.get(line["role"]) == line["session"]
    ]
