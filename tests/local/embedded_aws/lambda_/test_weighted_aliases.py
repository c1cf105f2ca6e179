"""Aliases that share their calls between two versions."""

import asyncio
import json
import random
from collections import Counter
from typing import Any

from ministack.services import alb, dynamodb, lambda_svc, sqs

from local.embedded_aws.dynamodb import stream_failures
from local.embedded_aws.lambda_ import weighted_aliases
from tests.local.embedded_aws.lambda_.versions import numbered, publish
from tests.local.embedded_aws.resources import arn, wait_until

ALIAS_ARN = arn("lambda", "function:tried:live")
GROUP_ARN = arn("elasticloadbalancing", "targetgroup/tried/1")


def weigh(weight: float) -> dict[str, Any]:
    random.seed(1)
    alias = publish(numbered("1", "2"), alias="1")
    alias["RoutingConfig"] = {"AdditionalVersionWeights": {"2": weight}}
    return alias


def test_the_load_balancer_runs_each_version_by_its_weight() -> None:
    weigh(0.25)

    answers = [asyncio.run(alb._invoke_lambda_target(ALIAS_ARN, GROUP_ARN, "GET", "/", {}, b"", {})) for _ in range(60)]

    counts = Counter(body for _, _, body in answers)
    assert set(counts) == {b"1", b"2"}
    assert 8 <= counts[b"2"] <= 22


def test_a_call_of_the_alias_runs_and_names_the_chosen_version() -> None:
    weigh(0.5)

    answers = [asyncio.run(lambda_svc._invoke("tried", {}, {}, "live")) for _ in range(30)]

    ran = [(headers["X-Amz-Executed-Version"], body.decode()) for _, headers, body in answers]
    assert set(ran) == {("1", "1"), ("2", "2")}


def test_a_call_of_a_version_runs_that_version() -> None:
    weigh(1.0)

    _, headers, body = asyncio.run(lambda_svc._invoke("tried", {}, {}, "1"))

    assert (headers["X-Amz-Executed-Version"], body) == ("1", b"1")


def test_a_queue_runs_the_version_that_has_the_weight() -> None:
    alias = weigh(1.0)
    ran = []
    upstream = lambda_svc._execute_function_warm

    def execute(func: dict[str, Any], *rest: Any) -> Any:
        ran.append((func["config"]["Version"], func["config"]["FunctionArn"]))
        return upstream(func, *rest)

    lambda_svc._execute_function_warm = execute
    sqs._act_create_queue({"QueueName": "q"}, "")
    url, source = sqs._queue_url("q"), arn("sqs", "q")
    mapping = {"UUID": "m", "FunctionName": "tried", "Qualifier": "live", "EventSourceArn": source, "Enabled": True}
    lambda_svc._esms["m"] = mapping

    sqs._act_send_message({"MessageBody": "{}"}, url)
    upstream_rights = lambda_svc._iter_all_esms
    lambda_svc._iter_all_esms = lambda: [("000000000000", "eu-west-1", mapping)]
    lambda_svc._poll_sqs()
    lambda_svc._iter_all_esms = upstream_rights

    wait_until(lambda: ran)
    assert ran == [("2", alias["AliasArn"])]


def test_the_batches_of_a_stream_follow_the_weights_and_none_is_lost() -> None:
    alias = weigh(0.25)
    ran: list[tuple[str, str, int]] = []

    def execute(func: dict[str, Any], event: Any) -> Any:
        [record] = event["Records"]
        config = func["config"]
        ran.append((config["Version"], config["FunctionArn"], int(record["dynamodb"]["SequenceNumber"])))
        # The new version reports some of its batches as failed: they come again, to either version.
        failed = config["Version"] == "2" and len(ran) % 3 == 0
        number = record["dynamodb"]["SequenceNumber"]
        return {"body": {"batchItemFailures": [{"itemIdentifier": number}] if failed else []}}

    stream_failures._upstream_execute = execute
    source = arn("dynamodb", "table/t/stream/2026-11-30T12:00:00.000")
    dynamodb._tables["t"] = {"LatestStreamArn": source}
    dynamodb._stream_records["t"] = [
        {"eventSourceARN": source, "dynamodb": {"SequenceNumber": str(number)}} for number in range(80)
    ]
    mapping = {"UUID": "m", "FunctionName": "tried", "Qualifier": "live", "EventSourceArn": source, "Enabled": True}
    mapping |= {
        "BatchSize": 1,
        "StartingPosition": "TRIM_HORIZON",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    lambda_svc._iter_all_esms = lambda: [("000000000000", "eu-west-1", mapping)]
    lambda_svc._ESM_BACKOFF_SECONDS = 0

    wait_until(lambda: not lambda_svc._poll_dynamodb_streams())

    counts = Counter(version for version, _, _ in ran)
    assert set(counts) == {"1", "2"}
    assert 12 <= counts["2"] <= 30
    assert {called for _, called, _ in ran} == {alias["AliasArn"]}
    assert {number for _, _, number in ran} == set(range(80))
    assert len(ran) > 80, "no batch failed"


def test_the_description_of_an_alias_is_that_of_its_first_version() -> None:
    weigh(1.0)

    _, config = lambda_svc._get_func_record_for_qualifier("tried", "live")

    assert config["Version"] == "1"


def test_a_version_without_weight_gets_no_call() -> None:
    alias = weigh(0.0)

    assert {weighted_aliases.choose(alias) for _ in range(100)} == {"1"}
    assert json.loads(lambda_svc._get_alias("tried", "live")[2])["FunctionVersion"] == "1"
