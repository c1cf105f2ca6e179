"""IAM is enforced, and each role grants only the actions that its function needs.

Each test removes one action from a role and expects the function to fail. If it does not fail, the action is not
needed, or IAM is not enforced.
"""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests.e2e import journeys
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.roles import without_action
from tests.waiting import eventually

type Journey = Callable[[PlatformUnderTest], bool]


@pytest.mark.parametrize(
    ("function", "action", "journey"),
    [
        ("users-api", "dynamodb:PutItem", journeys.creates),
        ("users-api", "dynamodb:GetItem", journeys.gets),
        ("users-api", "dynamodb:UpdateItem", journeys.creates_idempotently),
        ("users-api", "dynamodb:DeleteItem", journeys.moves_to_another_address),
        ("users-api", "dynamodb:ConditionCheckItem", journeys.takes_over_an_account),
        ("users-api", "dynamodb:Query", journeys.lists),
        ("users-relay", "events:PutEvents", journeys.event_arrives),
        ("activity-api", "dynamodb:Query", journeys.lists_activity),
        ("activity-api", "dynamodb:GetItem", journeys.gets_latest),
        ("activity-consumer", "dynamodb:PutItem", journeys.event_arrives),
        # What Lambda reads by the role, before the function starts.
        ("activity-consumer", "sqs:ReceiveMessage", journeys.event_arrives),
        ("users-relay", "dynamodb:GetRecords", journeys.event_arrives),
        ("files-api", "dynamodb:BatchGetItem", journeys.lists_versions),
        ("files-api", "dynamodb:DeleteItem", journeys.deletes_a_file),
        ("files-api", "s3:PutObject", journeys.accepts_an_upload),
        ("files-api", "s3:GetObjectVersion", journeys.downloads),
        ("files-api", "s3:GetObject", journeys.shows_a_thumbnail),
        ("files-inspector", "s3:GetObjectVersion", journeys.accepts_an_upload),
        ("files-inspector", "s3:PutObject", journeys.accepts_an_upload),
        ("files-inspector", "s3:GetObject", journeys.accepts_an_upload),
        ("files-inspector", "s3:DeleteObjectVersion", journeys.clears_what_is_inspected),
        ("files-thumbnails", "s3:GetObjectVersion", journeys.shows_a_thumbnail),
        ("files-thumbnails", "s3:PutObject", journeys.shows_a_thumbnail),
        ("files-remover", "s3:DeleteObject", journeys.deletes_a_file),
        ("imports-api", "dynamodb:GetItem", journeys.cancels_an_import),
        ("imports-api", "dynamodb:PutItem", journeys.imports_a_row),
        ("imports-api", "dynamodb:Query", journeys.lists_imports),
        ("imports-api", "s3:GetObject", journeys.imports_a_row),
        ("imports-consumer", "dynamodb:PutItem", journeys.imports_a_row),
        ("imports-consumer", "dynamodb:UpdateItem", journeys.imports_a_row),
        ("imports-reader", "s3:GetObjectVersion", journeys.imports_a_row),
        ("imports-reader", "s3:PutObject", journeys.imports_a_row),
        ("imports-reader", "dynamodb:PutItem", journeys.imports_a_row),
        ("imports-finisher", "s3:PutObject", journeys.imports_a_row),
        ("imports-finisher", "dynamodb:BatchGetItem", journeys.imports_a_row),
        ("imports-finisher", "dynamodb:DeleteItem", journeys.imports_a_row),
        ("users-importer", "s3:GetObject", journeys.imports_a_row),
        ("users-importer", "dynamodb:PutItem", journeys.imports_a_row),
        ("exports-api", "s3:GetObject", journeys.exports_their_account),
        ("exports-recorder", "dynamodb:GetItem", journeys.exports_their_account),
        ("exports-recorder", "dynamodb:PutItem", journeys.exports_their_account),
        ("exports-recorder", "s3:GetObject", journeys.exports_their_account),
        ("exports-joiner", "s3:GetObject", journeys.exports_their_account),
        ("exports-joiner", "s3:PutObject", journeys.exports_their_account),
        ("exports-joiner", "s3:DeleteObject", journeys.clears_the_parts_of_an_export),
        ("users-exporter", "dynamodb:GetItem", journeys.exports_their_account),
        ("users-exporter", "s3:PutObject", journeys.exports_their_account),
        ("webhooks-api", "dynamodb:GetItem", journeys.subscribes_and_unsubscribes),
        ("webhooks-api", "dynamodb:PutItem", journeys.subscribes_and_unsubscribes),
        ("webhooks-api", "dynamodb:DeleteItem", journeys.subscribes_and_unsubscribes),
        ("webhooks-api", "dynamodb:UpdateItem", journeys.changes_a_webhook),
        ("webhooks-api", "dynamodb:Query", journeys.lists_webhooks),
        ("webhooks-api", "sqs:SendMessage", journeys.attempt_is_made),
        ("webhooks-consumer", "dynamodb:Query", journeys.attempt_is_made),
        ("webhooks-consumer", "dynamodb:PutItem", journeys.attempt_is_made),
        ("webhooks-consumer", "sqs:SendMessage", journeys.attempt_is_made),
        ("webhooks-worker", "dynamodb:GetItem", journeys.attempt_is_made),
        ("webhooks-worker", "dynamodb:PutItem", journeys.is_disabled_when_gone),
        ("webhooks-worker", "dynamodb:UpdateItem", journeys.attempt_is_made),
        ("webhooks-worker", "dynamodb:DeleteItem", journeys.is_disabled_when_gone),
    ],
)
def test_a_function_without_one_of_its_actions_fails_and_with_it_works(
    platform: PlatformUnderTest, function: str, action: str, journey: Journey
) -> None:
    # A cold start on a busy machine may take longer than a journey waits.
    eventually(lambda: journey(platform))

    with without_action(platform, function, action):
        assert not journey(platform)

    # What could not be delivered meanwhile comes later; nothing is lost.
    eventually(lambda: journey(platform))


def test_a_function_may_not_touch_another_service_s_table(platform: PlatformUnderTest) -> None:
    arn = platform.aws("lambda").get_function_configuration(FunctionName="platform-local-activity-consumer")["Role"]
    credentials = platform.aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    dynamodb = platform.aws("dynamodb", credentials)

    with pytest.raises(ClientError) as refused:
        dynamodb.put_item(
            TableName=platform.output("platform-local-users", "TableName"), Item={"pk": {"S": "USER#intruder"}}
        )

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
