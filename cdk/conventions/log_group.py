"""A log group that is kept as the environment says."""

from typing import cast

from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.conventions.removal import removal_of
from cdk.conventions.suppressions import WITHOUT_KEY, accepted
from cdk.settings.environment import Environment


class LogGroup(logs.LogGroup):
    """Encrypted with a key, where it holds content; without one, it holds addresses, paths and sizes alone."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        name: str,
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(
            scope, construct_id, log_group_name=name, encryption_key=key, removal_policy=removal_of(environment)
        )
        # The enumeration of periods has words for days; the environment file has days, as CloudFormation does.
        cast("logs.CfnLogGroup", self.node.default_child).retention_in_days = environment.log_retention_days
        if key is None:
            accepted(self, WITHOUT_KEY)
