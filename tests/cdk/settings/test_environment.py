"""Environment files are checked key by key."""

from pathlib import Path

import pytest

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import environment_names, load_environment

GOOD = "region: eu-west-1\ndomain: example.com\nhosted_zone_id: Z123\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cdk" / "environments"
    folder.mkdir(parents=True)
    return folder


def problems(folder: Path, content: str, name: str = "staging") -> list[str]:
    (folder / f"{name}.yaml").write_text(content, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_environment(name, folder)
    return list(caught.value.problems)


@pytest.mark.parametrize("name", environment_names())
def test_every_environment_of_this_project_is_valid(name: str) -> None:
    assert load_environment(name).name == name


def test_a_third_environment_needs_only_its_file(folder: Path) -> None:
    (folder / "staging.yaml").write_text(GOOD, "utf-8")

    environment = load_environment("staging", folder)

    assert environment.prefix == "platform-staging"
    assert environment.retains
    assert environment.gateway.body_limit_bytes == 1_000_000


def test_local_can_be_deployed_to_no_real_account() -> None:
    assert load_environment("local").account == "000000000000"


@pytest.mark.parametrize("name", [None, "production"])
def test_an_unknown_environment_is_answered_with_the_known_ones(name: str | None) -> None:
    with pytest.raises(ConfigurationError, match=f"expected one of: {', '.join(environment_names())}; found"):
        load_environment(name)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("log_retention: 3", "log_retention: unknown key; expected one of: account, alarms, architecture,"),
        ("log_retention_days: 4", "log_retention_days: expected 1, 3, 5,"),
        ("account: '12'", "account: expected"),
        ("architecture: sparc", "architecture: expected 'host', 'arm64' or 'x86_64', found 'sparc'"),
        ("removal: keep", "removal: expected 'retain' or 'destroy', found 'keep'"),
        ("gateway: {in_flight: 0}", "gateway.in_flight: expected greater than or equal to 1, found 0"),
        (
            "gateway: {inflight: 1}",
            "gateway.inflight: unknown key; expected one of: allowed_origins, body_limit_bytes,",
        ),
        ("gateway: {body_limit_bytes: 2000000}", "gateway.body_limit_bytes: expected less than or equal to 1000000"),
        ("gateway: {allowed_origins: ['*']}", "gateway.allowed_origins.0: expected text of the form"),
        (
            "gateway: {allowed_origins: ['https://*.example.com']}",
            "gateway.allowed_origins.0: expected text of the form",
        ),
        ("gateway: {allowed_origins: ['https://a.io/']}", "gateway.allowed_origins.0: expected text of the form"),
        ("gateway: {allowed_origins: ['https://A.io']}", "gateway.allowed_origins.0: expected text of the form"),
        ("gateway: {allowed_origins: ['http://a.io']}", "gateway.allowed_origins.0: expected text of the form"),
        ("gateway: {allowed_origins: ['https://a.io:443']}", "gateway.allowed_origins: expected no default port"),
        (
            "gateway: {allowed_origins: ['https://a.io', 'https://a.io']}",
            "gateway.allowed_origins: expected each origin",
        ),
        ("left_out: {AWS::ECS::Service: no}", "left_out.AWS::ECS::Service: expected string"),
        (
            "left_out: {AWS::WAFv2::WebACL: nothing needs it}",
            "left_out.AWS::WAFv2::WebACL.[key]: expected 'AWS::ECS::Service' or",
        ),
        ("vpc_cidr: 10.999.0.0/16", "vpc_cidr: expected text of the form"),
        ("edge: {task_cpu: 256, task_memory_mb: 4096}", "edge: task_memory_mb: expected one of 512, 1024, 2048 with"),
        ("edge: {task_cpu: 2048, task_memory_mb: 2048}", "edge: task_memory_mb: expected one of 4096, 5120,"),
        ("edge: {task_cpu: 256, task_memory_mb: 1536}", "edge: task_memory_mb: expected one of 512, 1024, 2048 with"),
        ("edge: {tasks_max: 2, tasks_min: 3}", "edge: tasks_max: expected at least tasks_min, 3; found 2"),
        ("edge: {egress: endpoints}", "edge: s3_prefix_list: missing; egress: endpoints needs it"),
        (
            "backup: {copy_region: eu-west-1}",
            "backup.copy_region: expected another region than the environment's own, eu-west-1",
        ),
        (
            "backup: {daily_kept_days: 9, monthly_kept_days: 8}",
            "backup: monthly_kept_days: expected at least daily_kept_days, 9",
        ),
        # A hook waits for it, and Lambda ends a function after 15 minutes.
        ("canary: {bake_minutes: 15}", "canary.bake_minutes: expected less than or equal to 14, found 15"),
        ("guardrails: {budget_usd_a_month: 9}", "guardrails: alert_address_parameter: missing; the budget needs it"),
        ("event_archive_days: true", "event_archive_days: expected a number, found true"),
        ("log_retention_days: true", "log_retention_days: expected a number, found true"),
        ("alarms: {error_percent: yes}", "alarms.error_percent: expected a number, found true"),
        ("backup: {compliance_after_days: no}", "backup.compliance_after_days: expected a number, found false"),
        ("region: eu-west-2", "expected YAML in UTF-8: region: expected each key once, found it twice"),
        ("edge: {egress: nat, egress: endpoints}", "expected YAML in UTF-8: egress: expected each key once, found it"),
        ("left_out: {Archive: nothing needs it}", "left_out.Archive.[key]: expected"),
        ("slack_token: any", "slack_token: unknown key; expected one of: account, alarms, architecture,"),
        (
            "gateway: {slack_token: any}",
            "gateway.slack_token: unknown key; expected one of: allowed_origins, body_limit_bytes,",
        ),
        ("name: other", "name: unknown key; the name of the file is the name of the environment"),
        ("region: [", "expected YAML in UTF-8"),
    ],
)
def test_a_wrong_line_is_named_with_file_key_and_expectation(folder: Path, line: str, problem: str) -> None:
    found = problems(folder, f"{GOOD}{line}\n")

    assert len(found) == 1
    assert found[0].startswith(f"cdk/environments/staging.yaml: {problem}")


def test_a_domain_is_rejected_if_its_internal_name_is_too_long_for_a_certificate(folder: Path) -> None:
    longest = f"{'a' * 43}.example.com"
    (folder / "staging.yaml").write_text(GOOD.replace("example.com", longest), "utf-8")
    assert len(f"internal.{load_environment('staging', folder).domain}") == 64

    found = problems(folder, GOOD.replace("example.com", f"a{longest}"))

    assert found == [
        f"cdk/environments/staging.yaml: domain: expected at most 55 characters, found 'a{longest}'",
    ]


def test_name_is_no_key_of_the_file(folder: Path) -> None:
    [problem] = problems(folder, f"{GOOD}nane: other\n")

    assert "name" not in problem.partition("expected one of: ")[2].split(", ")


def test_missing_keys_are_all_named(folder: Path) -> None:
    assert problems(folder, "region: eu-west-1\n") == [
        ("cdk/environments/staging.yaml: domain: missing; expected string (the domain that serves the platform)"),
        (
            "cdk/environments/staging.yaml: hosted_zone_id: missing; expected string"
            " (the public zone of the domain, in which certificates are validated)"
        ),
    ]


def test_an_environment_with_a_name_too_long_for_aws_is_rejected(folder: Path) -> None:
    assert problems(folder, GOOD, "preproduction")[0].startswith("cdk/environments/preproduction.yaml: name: expected")


def test_a_file_without_keys_is_rejected(folder: Path) -> None:
    assert problems(folder, "- one\n")[0].endswith("expected keys and values, found ['one']")
