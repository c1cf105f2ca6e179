"""Roles of functions from which a test removes an action."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.platform_under_test import PlatformUnderTest


@contextmanager
def without_action(platform: PlatformUnderTest, function: str, action: str) -> Iterator[None]:
    """Remove an action from every policy of a function's role until the end of the block."""
    iam, role = platform.aws("iam"), role_of(platform, function)
    documents = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    reduced = {name: _without(document, action) for name, document in documents.items()}
    assert reduced != documents, f"{function} has no {action}"
    platform.taken.add((f"platform-local-{function}", action))
    try:
        for name, document in reduced.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
        yield
    finally:
        for name, document in documents.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _without(document: dict[str, Any], action: str) -> dict[str, Any]:
    statements = []
    for statement in document["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        kept = [each for each in actions if each != action]
        if kept:
            statements.append(statement | {"Action": kept})
    return document | {"Statement": statements}


def role_of(platform: PlatformUnderTest, function: str) -> str:
    configuration = platform.aws("lambda").get_function_configuration(FunctionName=f"platform-local-{function}")
    return str(configuration["Role"].rpartition("/")[2])
