"""What outlives its stack on purpose, and why; docs/deploy.md has the same list."""

from collections import Counter
from collections.abc import Sequence

from operate.deployed.synthesis import Stack

# Of resources that a template retains.
REASONS = {
    "AWS::Backup::BackupVault": "nothing leaves it before its time, which is what it is for",
    "AWS::Cognito::UserPool": "its people cannot be asked for their passwords again",
    "AWS::DynamoDB::Table": "it is the data; it is protected from deletion, too",
    "AWS::KMS::Key": "without it, what it encrypts is lost, backups included",
    "AWS::Lambda::Version": "traffic can be sent back to it",
    "AWS::Logs::LogGroup": "what happened must be told after the end, too",
    "AWS::S3::Bucket": "it is the data, or the account's trail",
    "AWS::SecretsManager::Secret": "cursors and secrets of webhooks that are out there need it",
}
# Of what no stack of an environment made, or what AWS deletes later.
OTHERS = {
    "keys of KMS": "AWS deletes them 30 days after their stacks, and takes no money in the meantime",
    "the bootstrap, its images and bundles": "other environments of the account use it; its stack is CDKToolkit",
    "the hosted zone": "it was there before; only records that other certificates need, too, stay in it",
    "parameters of SSM": "they were there before",
}


def retained(stacks: Sequence[Stack]) -> Counter[str]:
    """Count by type what the stacks would leave behind."""
    return Counter(
        each["Type"]
        for stack in stacks
        for each in stack.resources.values()
        if each.get("DeletionPolicy") in {"Retain", "RetainExceptOnCreate"}
    )


def protected(stacks: Sequence[Stack]) -> list[str]:
    """Name the stacks that CloudFormation refuses to delete."""
    return [stack.name for stack in stacks if stack.is_protected]
