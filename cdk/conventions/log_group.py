"""A log group with the retention of its environment."""

from typing import cast

from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.conventions.removal import removal_of
from cdk.conventions.suppressions import WITHOUT_KEY, suppress_nag
from cdk.settings.environment import Environment


class LogGroup(logs.LogGroup):
    """A log group; it needs no key if it contains no content, only addresses, paths and sizes."""

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
        # The CDK's enumeration names the periods; CloudFormation and the environment file use days.
        cast("logs.CfnLogGroup", self.node.default_child).retention_in_days = environment.log_retention_days
        if key is None:
            suppress_nag(self, WITHOUT_KEY)
