"""The dispatcher: which command runs, and how each kind of end is said."""

import argparse
import subprocess
import sys
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from operate.cli import COMMANDS, INTERRUPTED, main
from operate.command import Command
from operate.deployed.target import CHECKOUT, Target
from operate.errors import OperateError


def command(run: Callable[[argparse.Namespace, Target], bool]) -> Command:
    return Command(
        name="greet",
        help="greet somebody",
        add_arguments=lambda parser: parser.add_argument("--whom", required=True),
        run=run,
    )


def raises(error: BaseException) -> Command:
    def run(_: argparse.Namespace, __: Target) -> bool:
        raise error

    return command(run)


def test_a_command_gets_its_arguments_and_the_environment_that_was_named() -> None:
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


def test_what_did_not_go_well_is_told_by_the_status() -> None:
    assert main(["greet", "--whom", "Ada"], [command(lambda _, __: False)]) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperateError("Nobody is there. Ring the bell."), "✘ Nobody is there. Ring the bell.\n"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "SendMessage"),
            "✘ AWS refused, or was not reached: An error occurred (AccessDenied)",
        ),
    ],
)
def test_an_error_ends_with_its_sentence_and_no_stack(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["greet", "--whom", "Ada"], [raises(error)])

    assert status == 1
    assert capsys.readouterr().err.startswith(said)


def test_an_interruption_ends_as_a_shell_expects() -> None:
    assert main(["greet", "--whom", "Ada"], [raises(KeyboardInterrupt())]) == INTERRUPTED


def test_a_reader_that_has_seen_enough_ends_the_command_quietly() -> None:
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
def test_a_wrong_line_is_answered_with_the_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words, [command(lambda _, __: True)])

    assert ended.value.code == 2
    assert "usage: python -m operate" in capsys.readouterr().err


@pytest.mark.parametrize("name", [each.name for each in COMMANDS])
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])

    assert ended.value.code == 0
    assert "--environment" in capsys.readouterr().out


def test_each_command_has_a_name_of_its_own() -> None:
    names = [each.name for each in COMMANDS]

    assert len(names) == len(set(names))
