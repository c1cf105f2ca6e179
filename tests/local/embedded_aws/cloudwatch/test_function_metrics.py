"""Lambda's metrics of a function, its alias and its versions."""

import asyncio

from ministack.services import alb, cloudwatch, lambda_svc

from tests.local.embedded_aws.lambda_.versions import numbered, publish
from tests.local.embedded_aws.resources import arn

RAISES = "def handler(event, context):\n    raise ValueError"
ALIAS_ARN, GROUP_ARN = arn("lambda", "function:tried:live"), arn("elasticloadbalancing", "targetgroup/tried/1")
FUNCTION = {"FunctionName": "tried"}
ALIAS = {**FUNCTION, "Resource": "tried:live"}


def total(name: str, dimensions: dict[str, str]) -> float | None:
    points = cloudwatch._metrics.get(("AWS/Lambda", name, cloudwatch._dims_key(dimensions)))
    return None if points is None else sum(point["Value"] for point in points)


def test_errors_of_a_version_behind_an_alias_are_its_own() -> None:
    alias = publish({**numbered("1"), "2": RAISES}, alias="1")
    for weight in (0.0, 1.0):
        alias["RoutingConfig"] = {"AdditionalVersionWeights": {"2": weight}}
        asyncio.run(alb._invoke_lambda_target(ALIAS_ARN, GROUP_ARN, "GET", "/", {}, b"", {}))
        asyncio.run(lambda_svc._invoke("tried", {}, {}, "live"))

    assert (total("Invocations", FUNCTION), total("Errors", FUNCTION)) == (4.0, 2.0)
    assert (total("Invocations", ALIAS), total("Errors", ALIAS)) == (4.0, 2.0)
    for version, errors in (("1", 0.0), ("2", 2.0)):
        of_version = {**ALIAS, "ExecutedVersion": version}
        assert (total("Invocations", of_version), total("Errors", of_version)) == (2.0, errors)
        assert total("Duration", of_version) is not None


def test_a_call_of_a_version_is_measured_for_the_version_alone() -> None:
    publish(numbered("1", "2"), alias="1")

    asyncio.run(lambda_svc._invoke("tried", {}, {}, "2"))

    assert total("Invocations", {**FUNCTION, "Resource": "tried:2"}) == 1.0
    assert total("Invocations", ALIAS) is None


def test_a_queue_batch_is_an_invocation() -> None:
    publish(numbered("1"), alias="1")
    record, _ = lambda_svc._get_func_record_for_qualifier("tried", "1")

    lambda_svc._execute_function(record, {"Records": []})

    assert total("Invocations", FUNCTION) == 1.0


def test_a_throttled_request_is_no_invocation() -> None:
    publish(numbered("1"), alias="1")
    lambda_svc._functions["tried"]["versions"]["1"]["concurrency"] = 0

    status, _, _ = asyncio.run(lambda_svc._invoke("tried", {}, {}, "live"))

    assert status == 429
    assert (total("Throttles", ALIAS), total("Invocations", ALIAS)) == (1.0, None)
