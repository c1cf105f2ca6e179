"""Hostile texts on the page of a run, in a comment and in a log; the approvals of one environment."""

import json
import re
import sys
from pathlib import Path

import pytest

from tools.pipeline import github
from tools.pipeline.github import approvers, as_block, as_code, without_commands
from tools.pipeline.report import Report, Tree

# As a failed resource, a log line or a stack's description may have it.
HOSTILE = 'x\n```\n</details>\n# ✔ deployed\n<img src="https://evil.example/?a"> @octo/all [click](https://evil.example)\n````'


def test_no_line_of_a_text_ends_its_block() -> None:
    first, *lines, last = as_block(HOSTILE).splitlines()

    assert first == last == "`````"
    assert lines == HOSTILE.splitlines()


def test_a_block_has_no_control_characters_and_an_end() -> None:
    assert as_block("\x1b[31mred\x1b[0m\r\x07\ttab") == "```\nred\ttab\n```"
    assert len(as_block("x" * 10**6)) < 2**20
    assert as_block("x" * 10**6).endswith("\n… cut\n```")


@pytest.mark.parametrize("text", [HOSTILE, "`", "a``b", "@octo <b>"])
def test_a_text_within_a_line_is_code_to_its_end(text: str) -> None:
    shown = as_code(text)

    assert "\n" not in shown
    fence = re.match("`+", shown)
    assert fence
    assert shown.endswith(fence[0])
    # Markdown ends the code at the next run of as many backticks.
    assert re.findall("`+", shown)[1:-1].count(fence[0]) == 0


def test_the_report_shows_the_words_of_a_failed_part_as_code(tmp_path: Path) -> None:
    class Broken(Tree):
        def cost(self, environment: str) -> str:
            raise ValueError(f"{HOSTILE} {environment}")

    tree = Broken(tmp_path, tmp_path)
    cost = Report(tree, tree).text().partition("### Cost")[2].partition("###")[0]

    assert "\n# ✔ deployed" not in cost
    assert "Not computed: `````" in cost


def test_the_runner_takes_no_line_of_a_block_for_a_command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    def say_and_end() -> None:
        sys.stdout.write("::add-mask::a\n")
        raise SystemExit

    with pytest.raises(SystemExit), without_commands():
        say_and_end()

    stop, hostile, resume = capfd.readouterr().out.splitlines()
    assert hostile == "::add-mask::a"
    token = stop.removeprefix("::stop-commands::")
    assert len(token) == 32
    assert resume == f"::{token}::"


def test_a_laptop_has_no_runner(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    with without_commands():
        pass

    assert capfd.readouterr().out == ""


def test_only_the_approvals_of_an_environment_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def review(login: str, state: str, *environments: str) -> dict[str, object]:
        return {"user": {"login": login}, "state": state, "environments": [{"name": each} for each in environments]}

    reviews = [
        review("ada", "approved", "dev"),
        review("grace", "approved", "prod"),
        review("linus", "rejected", "prod"),
        review("barbara", "approved", "dev", "prod"),
        review("grace", "approved", "prod"),
    ]
    asked: list[tuple[str, ...]] = []

    def answer(*words: str) -> str:
        asked.append(words)
        return json.dumps(reviews)

    monkeypatch.setattr(github, "gh", answer)

    assert approvers("prod", {"GITHUB_REPOSITORY": "acme/platform", "GITHUB_RUN_ID": "42"}) == "grace,barbara"
    assert asked == [("api", "repos/acme/platform/actions/runs/42/approvals")]
