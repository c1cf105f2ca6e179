"""The tags that every resource carries."""

from aws_cdk import Stack, Tags
from constructs import IConstruct

from cdk.settings.environment import PROJECT_NAME, Environment


def tag(stack: Stack, environment: Environment, *, service: str, owner: str) -> None:
    """Tag the stack and everything in it."""
    for key, value in {
        "project": PROJECT_NAME,
        "environment": environment.name,
        "service": service,
        "owner": owner,
    }.items():
        Tags.of(stack).add(key, value)


# AWS Backup selects data by this tag; its value is the environment's prefix.
BACKUP_TAG = "backup"


def tag_for_backup(construct: IConstruct, environment: Environment) -> None:
    """Tag data for the environment's backup plan, if it has one."""
    if environment.backup:
        Tags.of(construct).add(BACKUP_TAG, environment.prefix)
