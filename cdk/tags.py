"""The tags that every resource carries."""

from aws_cdk import Stack, Tags

from cdk.environment import PROJECT_NAME, Environment


def tag(stack: Stack, environment: Environment, *, service: str, owner: str) -> None:
    """Tag the stack and everything in it."""
    for key, value in {
        "project": PROJECT_NAME,
        "environment": environment.name,
        "service": service,
        "owner": owner,
    }.items():
        Tags.of(stack).add(key, value)
