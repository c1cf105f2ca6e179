"""Environment files are checked key by key."""

from pathlib import Path

import pytest

from cdk.configuration_error import ConfigurationError
from cdk.environment import environment_names, load_environment

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


def test_a_third_environment_needs_nothing_but_its_file(folder: Path) -> None:
    (folder / "staging.yaml").write_text(GOOD, "utf-8")

    environment = load_environment("staging", folder)

    assert environment.prefix == "platform-staging"
    assert environment.retains
    assert environment.gateway.body_limit_bytes == 1_000_000


def test_local_can_be_deployed_to_no_real_account() -> None:
    assert load_environment("local").account == "000000000000"


@pytest.mark.parametrize("name", [None, "production"])
def test_an_unknown_environment_is_answered_with_those_there_are(name: str | None) -> None:
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
        ("gateway: {inflight: 1}", "gateway.inflight: unknown key; expected one of: attempts, body_limit_bytes,"),
        ("gateway: {body_limit_bytes: 2000000}", "gateway.body_limit_bytes: expected less than or equal to 1000000"),
        ("left_out: {AWS::Events::Archive: no}", "left_out.AWS::Events::Archive: expected string"),
        ("left_out: {Archive: nothing needs it}", "left_out.Archive.[key]: expected"),
        ("slack_token: any", "slack_token: unknown key; expected one of: account, alarms, architecture,"),
        ("gateway: {slack_token: any}", "gateway.slack_token: unknown key; expected one of: attempts,"),
        ("name: other", "name: unknown key; an environment is named as its file"),
        ("region: [", "expected YAML in UTF-8"),
    ],
)
def test_a_wrong_line_is_named_with_file_key_and_expectation(folder: Path, line: str, problem: str) -> None:
    said = problems(folder, f"{GOOD}{line}\n")

    assert len(said) == 1
    assert said[0].startswith(f"cdk/environments/staging.yaml: {problem}")


def test_missing_keys_are_all_named(folder: Path) -> None:
    assert problems(folder, "region: eu-west-1\n") == [
        (
            "cdk/environments/staging.yaml: domain: missing; expected string"
            " (the domain below which the platform is served)"
        ),
        (
            "cdk/environments/staging.yaml: hosted_zone_id: missing; expected string"
            " (the public zone of the domain; it proves the certificates)"
        ),
    ]


def test_an_environment_whose_name_is_too_long_for_aws_is_refused(folder: Path) -> None:
    assert problems(folder, GOOD, "preproduction")[0].startswith("cdk/environments/preproduction.yaml: name: expected")


def test_a_file_that_holds_no_keys_is_refused(folder: Path) -> None:
    assert problems(folder, "- one\n")[0].endswith("expected keys and values, found ['one']")
