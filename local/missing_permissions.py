"""The key of `service.toml` that grants a permission which AWS refused."""

from collections.abc import Mapping

from cdk.settings.manifest import WRITE_ACTIONS
from cdk.settings.manifests import MANIFEST

_OTHERS: Mapping[str, str] = {
    "sqs:SendMessage": "sends_to: add the queue",
    "secretsmanager:GetSecretValue": "secrets: add the name of the secret, which needs a section [secrets.<name>]",
    "events:PutEvents": 'publishes: add the event, with trigger = "outbox"',
}


def advice(source: str, action: str, resource: str) -> str:
    """Name the file and the key to extend.

    Args:
        source: The service and the function, such as `users/api`.
        action: The refused action, such as `dynamodb:PutItem`.
        resource: The ARN of a table, an index, a bucket, ….
    """
    service, _, function = source.partition("/")
    return f"functions/{service}/{MANIFEST}, [functions.{function}] {_key(service, action, resource)}"


def _key(service: str, action: str, resource: str) -> str:
    kind, _, name = action.partition(":")
    if kind == "dynamodb":
        return f'{"index_actions" if "/index/" in resource else "table_actions"}: add "{name}"'
    if kind == "s3":
        # Buckets are named `platform-<environment>-<service>-<account>-<region>`.
        owner = resource.rpartition(":")[2].split("-")[2:3]
        if owner in ([], [service]):
            return f'bucket_actions: add "{name}" for the prefix of the object'
        if name in WRITE_ACTIONS:
            return f"writes_buckets: add {owner[0]} with the prefix of the object"
        return f'reads_buckets: add {owner[0]} with the prefix of the object and "{name}"'
    return _OTHERS.get(action, f"has no key for {action}: grant it in cdk/service/")
