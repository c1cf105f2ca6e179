"""A function: its settings, role, logs, version and alias."""

from collections.abc import Sequence
from unittest.mock import ANY

import pytest

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from tests.cdk.templates import Assembly, Synthesize, Template


def test_a_function_is_as_its_manifest_says(orders: Template) -> None:
    function = orders.only("AWS::Lambda::Function", FunctionName="platform-local-orders-api")

    assert function["Handler"] == "functions.orders.api.handler"
    assert function["Runtime"] == "python3.13"
    assert (function["MemorySize"], function["Timeout"]) == (1024, 20)
    assert function["LoggingConfig"]["LogFormat"] == "JSON"


def test_metrics_are_not_filtered_out_of_the_log_where_only_errors_are_logged(
    synthesize: Synthesize, examples: Sequence[Manifest], prod: Environment
) -> None:
    orders = [manifest for manifest in examples if manifest.service == "orders"]
    for log_level, passed in (("DEBUG", "DEBUG"), ("ERROR", "INFO")):
        environment = prod.model_copy(update={"log_level": log_level})
        template = synthesize(orders, [environment]).stack("platform-prod-orders")
        function = template.only("AWS::Lambda::Function", FunctionName="platform-prod-orders-api")

        assert function["LoggingConfig"]["ApplicationLogLevel"] == passed
        assert function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == log_level


def test_functions_run_on_arm_on_aws(assembly: Assembly) -> None:
    functions = assembly.stack("platform-prod-orders").resources("AWS::Lambda::Function")

    assert {tuple(function["Architectures"]) for function in functions} == {("arm64",)}


# See `tests/cdk/service/test_service_access.py`.
OF_THE_USER_POOL = {"BLOCKED_TABLE_NAME", "USER_POOL_ID", "USER_POOL_CLIENTS", "DOCS_CLIENT_ID", "SIGN_IN_URL"}


def test_a_function_is_told_its_surroundings_and_no_secret(orders: Template) -> None:
    secret = orders.logical_id("AWS::SecretsManager::Secret")
    table = orders.logical_id("AWS::DynamoDB::Table")

    variables = orders.variables("platform-local-orders-api")

    assert {name: value for name, value in variables.items() if name not in OF_THE_USER_POOL} == {
        "SERVICE": "orders",
        "ENVIRONMENT": "local",
        "FUNCTION": "api",
        "TABLE_NAME": {"Ref": table},
        "SECRET_CURSOR_KEY_ARN": {"Fn::GetAtt": [secret, "Id"]},
        "POWERTOOLS_SERVICE_NAME": "orders",
        "POWERTOOLS_METRICS_NAMESPACE": "platform-local",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def test_the_alias_live_is_the_current_version(orders: Template) -> None:
    aliases = orders.resources("AWS::Lambda::Alias")

    assert [alias["Name"] for alias in aliases] == ["live", "live"]
    versions = {
        name for name, resource in orders.content["Resources"].items() if resource["Type"] == "AWS::Lambda::Version"
    }
    assert {alias["FunctionVersion"]["Fn::GetAtt"][0] for alias in aliases} == versions


@pytest.mark.parametrize(
    ("environment", "policy"), [("prod", "RetainExceptOnCreate"), ("dev", "RetainExceptOnCreate"), ("local", "Delete")]
)
def test_versions_stay_if_a_release_can_be_taken_back_to_them(
    assembly: Assembly, environment: str, policy: str
) -> None:
    versions = assembly.stack(f"platform-{environment}-orders").whole("AWS::Lambda::Version")

    assert {version["DeletionPolicy"] for version in versions} == {policy}


def test_logs_end_when_the_environment_says(assembly: Assembly) -> None:
    for environment, days in (("local", 7), ("prod", 365)):
        groups = assembly.stack(f"platform-{environment}-orders").resources("AWS::Logs::LogGroup")
        assert {group["LogGroupName"]: group["RetentionInDays"] for group in groups} == {
            f"/aws/lambda/platform-{environment}-orders-{name}": days for name in ("api", "relay", "release-hook")
        }


def test_a_function_may_do_exactly_what_its_manifest_lists(orders: Template) -> None:
    table = orders.logical_id("AWS::DynamoDB::Table")
    logs = orders.logical_id("AWS::Logs::LogGroup", LogGroupName="/aws/lambda/platform-local-orders-api")
    secret = orders.logical_id("AWS::SecretsManager::Secret")
    key = orders.logical_id("AWS::KMS::Key")

    assert orders.granted("What platform-local-orders-api may do.") == {
        # Through DynamoDB, and through Secrets Manager.
        "kms:Decrypt": [{"Fn::GetAtt": [key, "Arn"]}] * 2,
        "logs:CreateLogStream": {"Fn::GetAtt": [logs, "Arn"]},
        "logs:PutLogEvents": {"Fn::GetAtt": [logs, "Arn"]},
        "dynamodb:GetItem": {"Fn::GetAtt": [table, "Arn"]},
        "dynamodb:PutItem": {"Fn::GetAtt": [table, "Arn"]},
        # Of the blocked people, too: see `tests/cdk/service/test_service_access.py`.
        "dynamodb:Query": [ANY, {"Fn::Join": ["", [{"Fn::GetAtt": [table, "Arn"]}, "/index/by_state"]]}],
        "secretsmanager:GetSecretValue": {"Fn::GetAtt": [secret, "Id"]},
    }


def test_a_function_is_told_the_settings_of_its_environment(parcels_anywhere: Assembly) -> None:
    for environment, speed in (("local", "8"), ("prod", "80")):
        template = parcels_anywhere.stack(f"platform-{environment}-parcels")
        for name in ("planner", "printer"):
            variables = template.variables(f"platform-{environment}-parcels-{name}")
            assert variables["SETTING_SPEED_KMH"] == speed
            assert variables["SETTING_STOPS"] == '["Hamburg", "Hanover"]'
            assert variables["SETTING_REFRIGERATED"] == "false"


def test_only_http_functions_start_from_snapshots_and_only_on_aws(assembly: Assembly) -> None:
    for environment, snap_start in (("local", None), ("dev", {"ApplyOn": "PublishedVersions"})):
        template = assembly.stack(f"platform-{environment}-orders")
        api, relay = (
            template.only("AWS::Lambda::Function", FunctionName=f"platform-{environment}-orders-{name}")
            for name in ("api", "relay")
        )
        assert api.get("SnapStart") == snap_start
        assert "SnapStart" not in relay


def test_concurrency_is_reserved_where_the_manifest_says_so_and_the_account_has_it(parcels_anywhere: Assembly) -> None:
    for environment, reserved in (("dev", None), ("prod", 5)):
        template = parcels_anywhere.stack(f"platform-{environment}-parcels")
        printer, driver = (
            template.only("AWS::Lambda::Function", FunctionName=f"platform-{environment}-parcels-{name}")
            for name in ("printer", "driver")
        )
        assert printer.get("ReservedConcurrentExecutions") == reserved
        assert "ReservedConcurrentExecutions" not in driver
