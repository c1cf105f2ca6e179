"""The check of the Slack workspaces."""

from operate.checks.chat import check_chat
from tests.operate.checks.fakes import FakeAccount, target

CHAT = {"on-call": {"workspace": "T0123ABCD", "channel": "C0123ABCD"}}


def test_an_environment_without_channels_needs_no_workspace() -> None:
    assert list(check_chat(target(), FakeAccount())) == []


def test_a_connected_workspace_is_correct() -> None:
    [finding] = check_chat(target(chat=CHAT), FakeAccount(workspaces={"T0123ABCD"}))

    assert finding.state == "ok"


def test_a_workspace_that_is_not_connected_is_a_problem() -> None:
    """The stack of alarms would fail, and with it everything that depends on it."""
    [finding] = check_chat(target(chat=CHAT), FakeAccount(workspaces={"T0000OTHER"}))

    assert finding.state == "problem"
    assert finding.text == "the Slack workspace T0123ABCD of the channel on-call is not connected to the account"
    assert "`chat.on-call` from cdk/environments/dev.yaml" in finding.remedy
