"""The Slack workspaces of the environment's channels, which an administrator connects to the account by hand."""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Finding, ok, problem
from operate.target import Target


def check_chat(target: Target, account: Account) -> Iterator[Finding]:
    """Check that each channel's workspace is connected.

    Otherwise the stack of alarms fails, on which the gateway and every service depend.
    """
    environment = target.environment
    if not environment.chat:
        return
    connected = account.slack_workspaces()
    for name, channel in environment.chat.items():
        if channel.workspace in connected:
            yield ok(f"the Slack workspace {channel.workspace} of the channel {name} is connected to the account")
        else:
            yield problem(
                f"the Slack workspace {channel.workspace} of the channel {name} is not connected to the account",
                remedy="connect it in the console of Amazon Q Developer in chat applications, or remove"
                f" `chat.{name}` from cdk/environments/{environment.name}.yaml",
            )
