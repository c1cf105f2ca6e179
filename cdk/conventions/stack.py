"""The base of every stack: account, region, tags, and protection from deletion."""

from aws_cdk import Environment as Account
from aws_cdk import Stack
from constructs import Construct

from cdk.conventions.tags import tag
from cdk.settings.environment import Environment


class PlatformStack(Stack):
    """A stack of an environment, in the environment's region unless another one is given."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        description: str,
        service: str,
        owner: str = "platform",
        region: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Account(account=environment.account, region=region or environment.region),
            description=description,
            termination_protection=environment.retains,
        )
        tag(self, environment, service=service, owner=owner)
