import pytest

from local.missing_permissions import advice

TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/platform-local-users"


@pytest.mark.parametrize(
    ("action", "resource", "key"),
    [
        ("dynamodb:PutItem", TABLE, 'table_actions: add "PutItem"'),
        ("dynamodb:Query", f"{TABLE}/index/by_state", 'index_actions: add "Query"'),
        (
            "s3:PutObject",
            "arn:aws:s3:::platform-local-users-000000000000-eu-west-1",
            'bucket_actions: add "PutObject" for the prefix of the object',
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::platform-local-files-000000000000-eu-west-1",
            'reads_buckets: add files with the prefix of the object and "GetObject"',
        ),
        (
            "s3:PutObject",
            "arn:aws:s3:::platform-local-files-000000000000-eu-west-1",
            "writes_buckets: add files with the prefix of the object",
        ),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:q", "sends_to: add the queue"),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k", "has no key for kms:Decrypt: grant it in cdk/service/"),
    ],
)
def test_the_key_that_grants_the_action_is_named(action: str, resource: str, key: str) -> None:
    assert advice("users/api", action, resource) == f"functions/users/service.toml, [functions.api] {key}"
