"""The Makefile refuses variables, services and environments that do not exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MAKEFILE = (CHECKOUT / "Makefile").read_text("utf-8")
COMMANDS = re.findall(r"^([a-z0-9-]+):.*## ", MAKEFILE, re.MULTILINE)


def make(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Show what make would run."""
    # The tests themselves run below make, and a nested make inherits its variables.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | variables
    return subprocess.run(
        [shutil.which("make") or "make", "--dry-run", *words],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in {"query", "cost"}])
def test_every_command_refuses_a_variable_that_it_does_not_take(command: str) -> None:
    refused = make(command, "nope=1")

    assert refused.returncode == 2
    assert f"`make {command}` has no variable nope." in refused.stderr
    assert refused.stdout == ""


def test_a_command_below_another_make_refuses_as_well(tmp_path: Path) -> None:
    outer = tmp_path / "Makefile"
    outer.write_text(
        f"wrong:\n\t$(MAKE) -C {CHECKOUT} deploy env=prod\nright:\n\t$(MAKE) -C {CHECKOUT} service name=refunds\n"
    )

    refused, fine = make("-f", str(outer), "wrong"), make("-f", str(outer), "right")

    assert "Did you mean environment=prod?" in refused.stderr
    assert fine.returncode == 0, fine.stderr
    assert "local.scaffold refunds" in fine.stdout
    assert "tools.contracts" in fine.stdout


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("deploy", "env=prod"), "Did you mean environment=prod?"),
        (("deploy", "env:=prod"), "Did you mean environment=prod?"),
        (("seed", "szie=large"), "Did you mean size=large?"),
        (("redrive", "service=users", "per-second=10"), "Did you mean per_second=10?"),
    ],
)
def test_the_nearest_variable_is_suggested(words: tuple[str, ...], meant: str) -> None:
    assert meant in make(*words).stderr


def test_an_abbreviation_that_the_shell_sets_is_refused_as_well() -> None:
    refused, other = make("deploy", env="prod"), make("format", env="prod")

    assert refused.returncode == 2
    assert "The shell sets env, which `make deploy` does not take. Did you mean environment=prod?" in refused.stderr
    assert refused.stdout == ""
    assert other.returncode == 0


def test_a_reason_reaches_its_command_as_it_was_given() -> None:
    shown = make("deploy", "past_alarms=1", "reason=it's `broken`; $(rm)")

    assert '--reason "$reason"' in shown.stdout
    assert "broken" not in shown.stdout


def test_no_character_of_a_reason_is_code_of_make_or_of_the_shell(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    reason = f'$(shell touch {trap}) costs $5, `touch {trap}` "it\'s"'
    probe = tmp_path / "Makefile"
    probe.write_text('TAKES_probe := reason\ninclude Makefile\nprobe:\n\t@printf %s "$$reason"\n')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    shown = subprocess.run(
        [shutil.which("make") or "make", "--file", probe, "probe", f"reason={reason}"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert shown.stdout == reason
    assert not trap.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("deploy", "environment=prd"), "There is no environment 'prd'. The environments are: dev"),
        (("logs", "service=nope"), "There is no service 'nope'. The services are: activity"),
        (("check", "service=nope"), "There is no service 'nope'. The services are: activity"),
    ],
)
def test_a_service_or_an_environment_that_does_not_exist_is_refused(words: tuple[str, ...], message: str) -> None:
    refused = make(*words)

    assert refused.returncode == 2
    assert message in refused.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("up", "PLATFORM_AWS_PORT=5566"),
        ("deploy", "environment=prod", "AWS_PROFILE=prod"),
        ("query", "name=request", "request_id=abc", "last=2h", "json=1"),
        ("cost", "requests_per_second=50", "write_share=0.2"),
        ("contracts", "data-model"),
        ("seed", "size=large", "as=ada@example.com"),
        ("service", "name=refunds", "singular=refund"),
    ],
)
def test_the_variables_of_a_command_and_of_its_tools_are_taken(words: tuple[str, ...]) -> None:
    assert make(*words).returncode == 0


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (("deploy", "environment=prod", "past_alarms=0"), "past_alarms"),
        (("prune", "yes=no"), "yes"),
        (("rollback", "service=users", "dry_run=true"), "dry_run"),
        (("restore", "service=users", "overwrite=no"), "overwrite"),
        (("status", "json=false"), "json"),
        (("query", "json=0"), "json"),
    ],
)
def test_a_flag_is_given_or_not_and_never_denied(words: tuple[str, ...], flag: str) -> None:
    refused = make(*words)

    assert refused.returncode == 2
    assert f"✘ {flag} is a flag: expected {flag}=1" in refused.stderr
    assert refused.stdout == ""


def test_the_name_of_the_environment_agrees_to_its_end() -> None:
    assert "--yes 'dev'" in make("destroy", "environment=dev", "yes=dev").stdout
    assert "--yes" in make("deploy", "yes=1").stdout


def test_every_flag_of_a_recipe_is_1_or_not_given() -> None:
    flags = set(re.findall(r"\$\(if \$\(([a-z_]+)\),--[a-z-]+\)", MAKEFILE))
    listed = re.findall(r"^FLAGS := (.*)$", MAKEFILE, re.MULTILINE)[0].split()

    assert flags
    assert flags <= set(listed) | {"yes"}


def test_every_variable_that_a_recipe_reads_is_in_the_table() -> None:
    taken = set(" ".join(re.findall(r"^TAKES_[a-z0-9-]+ := (.*)$", MAKEFILE, re.MULTILINE)).split())
    recipes = "\n".join(
        line for line in MAKEFILE.splitlines() if line.startswith(("\t", "ONE_", "SELECTED", "SERVED", "OPERATE"))
    )
    read = set(re.findall(r"\$\(([a-z_]+)\)", recipes)) | set(re.findall(r"\$\(if \$\(([a-z_]+)\)", recipes))

    # `given` is a variable of foreach.
    assert read - {"given"} <= taken
    assert taken - {"any"} <= read | {"environment"}


def test_a_drill_of_releases_releases_nothing_itself() -> None:
    shown = make("drill", "release", "only=slow", "load=busy").stdout

    assert "local drill release --only 'slow'" in shown
    assert "--load 'busy'" in shown
    assert "local release" not in shown
