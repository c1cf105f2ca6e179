"""The dispatcher: it finds the commands, runs one, and reports each kind of failure."""

import argparse
import subprocess
import sys
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from operate.cli import INTERRUPTED, find_commands, main
from operate.command import Command
from operate.errors import OperateError, UsageError
from operate.target import CHECKOUT, Target


def command(run: Callable[[argparse.Namespace, Target], bool]) -> Command:
    return Command(
        name="greet",
        help="greet a person",
        add_arguments=lambda parser: parser.add_argument("--whom", required=True),
        run=run,
    )


def raises(error: BaseException) -> Command:
    def run(_: argparse.Namespace, __: Target) -> bool:
        raise error

    return command(run)


def test_a_command_gets_its_arguments_and_the_named_environment() -> None:
    seen = []

    def run(arguments: argparse.Namespace, target: Target) -> bool:
        seen.append((arguments.whom, target.environment.name))
        return True

    statuses = [
        main(["greet", "--whom", "Ada"], [command(run)]),
        main(["greet", "--whom", "Ada", "--environment", "dev"], [command(run)]),
    ]

    assert statuses == [0, 0]
    assert seen == [("Ada", "local"), ("Ada", "dev")]


def test_a_command_that_returns_false_ends_with_status_1() -> None:
    assert main(["greet", "--whom", "Ada"], [command(lambda _, __: False)]) == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OperateError("The door is locked. Ring the bell."), "✘ The door is locked. Ring the bell.\n"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "SendMessage"),
            "✘ AWS refused the request or could not be reached: An error occurred (AccessDenied)",
        ),
    ],
)
def test_an_error_ends_with_its_message_and_no_stack_trace(
    error: Exception, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["greet", "--whom", "Ada"], [raises(error)])

    assert status == 1
    assert capsys.readouterr().err.startswith(message)


def test_an_interrupted_command_ends_with_the_status_that_shells_expect(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["greet", "--whom", "Ada"], [raises(KeyboardInterrupt())]) == INTERRUPTED
    assert capsys.readouterr().err == "\nInterrupted.\n"


def test_a_reader_that_closes_the_pipe_ends_the_command_quietly() -> None:
    program = """
import sys
from operate.cli import main
from operate.command import Command

def write(_, __):
    while True:
        sys.stdout.write("a line\\n")

sys.exit(main(["greet"], [Command(name="greet", help="greet", add_arguments=lambda _: None, run=write)]))
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "a line\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


@pytest.mark.parametrize("words", [[], ["sing"], ["greet"], ["greet", "--whom", "Ada", "--environment", "mars"]])
def test_a_wrong_command_line_prints_the_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words, [command(lambda _, __: True)])

    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert "usage: make" in printed
    assert "--" not in printed


def test_the_usage_of_a_command_is_in_the_words_of_make(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["greet"], [command(lambda _, __: True)])

    assert capsys.readouterr().err == (
        "✘ the following arguments are required: whom=\nusage: make greet [environment={dev,local,prod}] whom=WHOM\n"
    )


@pytest.mark.parametrize("name", [each.name for each in find_commands()])
def test_the_usage_of_each_command_is_in_the_words_of_make(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([name, "--environment", "mars"])

    usage = capsys.readouterr().err.splitlines()[-1]
    assert usage.startswith(f"usage: make {name} ")
    assert "--" not in usage
    assert "= " not in usage


def test_a_name_that_does_not_exist_is_wrong_usage() -> None:
    assert main(["greet", "--whom", "Ada"], [raises(UsageError("There is no Ada."))]) == 2


@pytest.mark.parametrize("name", [each.name for each in find_commands()])
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])

    assert ended.value.code == 0
    assert "--environment" in capsys.readouterr().out


def test_each_module_of_the_folder_is_a_command_with_a_name_of_its_own() -> None:
    names = [each.name for each in find_commands()]
    files = [file.stem for file in (CHECKOUT / "operate" / "commands").glob("*.py") if file.stem != "__init__"]

    assert names == sorted(name.replace("_", "-") for name in files)


def test_the_list_of_commands_loads_neither_the_cdk_nor_a_library_of_one_command_only() -> None:
    program = "import sys; from operate.cli import find_commands; find_commands(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True)

    assert {"aws_cdk", "jsii", "faker", "dns"}.isdisjoint(loaded.stdout.split())


@pytest.mark.parametrize(
    "error",
    [NoCredentialsError(), ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "GetCallerIdentity")],
)
def test_missing_and_expired_credentials_are_reported_with_the_remedy(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["greet", "--whom", "Ada"], [raises(error)])

    assert capsys.readouterr().err.endswith("Sign in: aws sso login, or aws configure.\n")
