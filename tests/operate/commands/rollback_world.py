"""A service with a release that can be taken back, for the tests of `make rollback`."""

import argparse
from datetime import timedelta

from operate.command import Command
from operate.commands.rollback import COMMAND
from operate.target import Target
from tests.operate.releases.fakes import (
    STARTED,
    FakeCodeDeploy,
    FakeEvents,
    FakeLambda,
    FakeStacks,
    target_of,
)

STACK = "platform-prod-users"
API, RELAY, IMPORTER = f"{STACK}-api", f"{STACK}-relay", f"{STACK}-importer"


class World:
    """The service users after a release that changed the api and the relay, and left the importer alone."""

    def __init__(self) -> None:
        self.aws_lambda = FakeLambda(**{API: ("42", {}), RELAY: ("8", {}), IMPORTER: ("3", {})})
        self.codedeploy = FakeCodeDeploy(self.aws_lambda)
        self.stacks = FakeStacks({STACK: {API: "42", RELAY: "8", IMPORTER: "3"}}, self.aws_lambda)
        self.bus = FakeEvents()
        day = timedelta(days=1)
        self.codedeploy.add(API, "40", "41", STARTED - 3 * day)
        self.codedeploy.add(IMPORTER, "2", "3", STARTED - 3 * day)
        self.codedeploy.add(RELAY, "6", "7", STARTED - 3 * day)
        self.codedeploy.add(API, "41", "42", STARTED)
        self.codedeploy.add(RELAY, "7", "8", STARTED + timedelta(minutes=2))

    @property
    def target(self) -> Target:
        clients = {"lambda": self.aws_lambda, "codedeploy": self.codedeploy, "cloudformation": self.stacks}
        return target_of("prod", events=self.bus, **clients)

    def run(self, *options: str) -> bool:
        return run(COMMAND, self.target, "--service", "users", *options)

    @property
    def versions(self) -> dict[str, str]:
        return {name.removeprefix(f"{STACK}-"): version for name, (version, _) in self.aws_lambda.aliases.items()}


def run(command: Command, target: Target, *options: str) -> bool:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(options), target)


GO = ("--yes", "--reason", "every seventh request fails")
