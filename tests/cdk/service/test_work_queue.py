"""Work queues: their senders, their consumers, and their dead-letter queues."""

from tests.cdk.templates import Template

LABELS, LONG_HAULS = "platform-local-parcels-labels", "platform-local-parcels-long-hauls"


def arn(parcels: Template, queue: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [parcels.logical_id("AWS::SQS::Queue", QueueName=queue), "Arn"]}


def test_a_queue_is_as_its_manifest_says_and_waits_for_the_function_that_empties_it(parcels: Template) -> None:
    labels = parcels.only("AWS::SQS::Queue", QueueName=LABELS)
    long_hauls = parcels.only("AWS::SQS::Queue", QueueName=LONG_HAULS)

    assert (labels["MessageRetentionPeriod"], long_hauls["MessageRetentionPeriod"]) == (4 * 86_400, 14 * 86_400)
    assert (labels["VisibilityTimeout"], long_hauls["VisibilityTimeout"]) == (6 * 10, 6 * 60)
    assert labels["RedrivePolicy"] == {"deadLetterTargetArn": arn(parcels, f"{LABELS}-dlq"), "maxReceiveCount": 5}
    assert long_hauls["RedrivePolicy"]["maxReceiveCount"] == 3
    assert parcels.only("AWS::SQS::Queue", QueueName=f"{LABELS}-dlq")["MessageRetentionPeriod"] == 14 * 86_400


def test_a_queue_starts_its_function_with_as_much_as_the_manifest_says(parcels: Template) -> None:
    mappings = parcels.resources("AWS::Lambda::EventSourceMapping")
    of = {
        queue: next(item for item in mappings if item["EventSourceArn"] == arn(parcels, queue))
        for queue in (LABELS, LONG_HAULS, "platform-local-parcels-planner")
    }

    assert of[LABELS]["BatchSize"] == 10
    # printer reserves five invocations; without a manifest's word, a backlog takes at most ten of the account's.
    assert of[LABELS]["ScalingConfig"] == {"MaximumConcurrency": 5}
    assert of["platform-local-parcels-planner"]["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert of[LONG_HAULS]["BatchSize"] == 1
    assert of[LONG_HAULS]["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert of["platform-local-parcels-planner"]["BatchSize"] == 1
    assert {tuple(item["FunctionResponseTypes"]) for item in mappings} == {("ReportBatchItemFailures",)}


def test_a_function_may_send_to_the_queues_that_it_names_and_is_told_where_they_are(parcels: Template) -> None:
    assert parcels.granted("What platform-local-parcels-driver may do.")["sqs:SendMessage"] == [
        arn(parcels, LONG_HAULS),
        arn(parcels, f"{LONG_HAULS}-dlq"),
    ]
    variables = parcels.variables("platform-local-parcels-driver")
    assert variables["QUEUE_LONG_HAULS_URL"] == {"Ref": arn(parcels, LONG_HAULS)["Fn::GetAtt"][0]}
    assert "QUEUE_LABELS_URL" not in variables

    planner = parcels.variables("platform-local-parcels-planner")
    assert {"QUEUE_LABELS_URL", "QUEUE_LONG_HAULS_URL"} <= planner.keys()


def test_a_worker_may_empty_its_queue_and_nothing_else(parcels: Template) -> None:
    may = parcels.granted("What platform-local-parcels-printer may do.")

    assert may.keys() == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
    }
    assert may["sqs:ReceiveMessage"] == arn(parcels, LABELS)
    assert may["sqs:SendMessage"] == arn(parcels, f"{LABELS}-dlq")
    assert parcels.variables("platform-local-parcels-driver")["MAX_RECEIVES"] == "3"


def test_the_outputs_name_each_queue_and_its_dead_letter_queue(parcels: Template) -> None:
    assert {"LabelsWorkQueueUrl", "LabelsWorkDeadLetterQueueUrl", "LongHaulsWorkQueueUrl"} <= set(
        parcels.content["Outputs"]
    )
