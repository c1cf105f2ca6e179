"""A service's DynamoDB table, and the grants of its functions on it."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.conventions.grant import allow
from cdk.conventions.removal import removal_of_protected
from cdk.conventions.suppressions import suppress_fn_join
from cdk.conventions.tags import tag_for_backup
from cdk.conventions.tls_only import tls_only
from cdk.service.service_key import ServiceKey, allow_key
from cdk.settings.environment import Environment
from cdk.settings.manifest import Function, Manifest, Table

# Record only throttled keys: the other mode records every access, and AWS charges each one.
INSIGHTS = dynamodb.ContributorInsightsSpecification(enabled=True, mode=dynamodb.ContributorInsightsMode.THROTTLED_KEYS)


class ServiceTable(Construct):
    """One table with on-demand capacity and its indexes, and with a stream if the service has an outbox."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, manifest: Manifest, key: ServiceKey
    ) -> None:
        super().__init__(scope, construct_id)
        if manifest.table is None:
            raise ValueError(f"{manifest.service} declares no table")
        self.manifest: Table = manifest.table
        self._key = key
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=f"{environment.prefix}-{manifest.service}",
            partition_key=_string(self.manifest.partition_key),
            sort_key=_string(self.manifest.sort_key) if self.manifest.sort_key else None,
            time_to_live_attribute=self.manifest.time_to_live,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True,
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key.key,
            contributor_insights_specification=INSIGHTS,
            resource_policy=iam.PolicyDocument(statements=[tls_only()]),
            stream=dynamodb.StreamViewType.NEW_IMAGE if manifest.functions_of("outbox") else None,
            deletion_protection=environment.retains,
            removal_policy=removal_of_protected(environment),
        )
        tag_for_backup(self.table, environment)
        for index in self.manifest.indexes:
            self.table.add_global_secondary_index(
                index_name=index.name,
                partition_key=_string(index.partition_key),
                sort_key=_string(index.sort_key) if index.sort_key else None,
                contributor_insights_specification=INSIGHTS,
            )

    def grant(self, role: iam.Role, function: Function) -> None:
        """Grant the actions that the manifest lists."""
        if function.table_actions:
            allow(
                role,
                "Table",
                _named(function.table_actions),
                [self.table.table_arn],
                untested=function.untested_actions,
            )
        if function.index_actions:
            indexes = [f"{self.table.table_arn}/index/{index.name}" for index in self.manifest.indexes]
            allow(role, "Indexes", _named(function.index_actions), indexes, untested=function.untested_actions)
            suppress_fn_join(role.node.find_child("DefaultPolicy"))
        if function.table_actions or function.index_actions:
            self.allow_key(role)

    def allow_key(self, role: iam.Role) -> None:
        """Allow a role to decrypt with the key of the table, its indexes and its stream.

        Reads and writes need only this: DynamoDB decrypts the table's own key on behalf of the caller. The other
        permissions that AWS lists are for the role that sets the key of the table.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-kms
        """
        allow_key(role, self._key.arn, through="dynamodb")


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _named(actions: tuple[str, ...]) -> list[str]:
    return [f"dynamodb:{action}" for action in actions]
