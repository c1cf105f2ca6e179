"""A service's stack, with all resources of its manifest."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import CfnOutput, Stack
from aws_cdk import Environment as Account
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.bundles.release_check import release_check_key
from cdk.conventions.camel_case import camel
from cdk.conventions.tags import tag
from cdk.monitoring.alarm import add_alarms
from cdk.monitoring.service_alarms import alarms_of
from cdk.service.bucket import ServiceBucket, grant_other_bucket
from cdk.service.event_consumer import EventConsumer, domain_events, new_objects, platform_events
from cdk.service.function import ServiceFunction
from cdk.service.http_entry import HttpEntry
from cdk.service.outbox_relay import OutboxRelay
from cdk.service.platform_access import grant_platform
from cdk.service.release_hook import ReleaseHook
from cdk.service.releases import Releases
from cdk.service.secret import ServiceSecret
from cdk.service.service_access import ServiceAccess, grant_deactivated_people, grant_pool_actions
from cdk.service.service_key import ServiceKey
from cdk.service.table import ServiceTable
from cdk.service.work_queue import WorkQueue
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.shared_stacks.identity import IdentityStack


class ServiceStack(Stack):
    """Composes the constructs of a service, and grants its functions access to them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        manifest: Manifest,
        manifests: Sequence[Manifest],
        bundles: Mapping[str, Path],
        bus: events.IEventBus,
        identity: IdentityStack,
        listener: elbv2.IApplicationListener,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Account(account=environment.account, region=environment.region),
            description=manifest.description,
            termination_protection=environment.retains,
        )
        self._environment = environment
        self._manifest = manifest
        self._manifests = manifests
        self._bus = bus
        self._identity = identity
        self._key = ServiceKey(self, "Encryption", environment=environment, manifest=manifest)
        self._table = self._make_table()
        self._bucket = (
            ServiceBucket(self, "Objects", environment=environment, manifest=manifest, key=self._key)
            if manifest.bucket
            else None
        )
        self._secrets = {
            name: ServiceSecret(
                self, f"Secret{camel(name)}", environment=environment, manifest=manifest, name=name, key=self._key
            )
            for name in manifest.secrets
        }
        self._queues = {name: self._make_queue(name) for name in manifest.queues}
        self._access = (
            ServiceAccess(self, "Access", environment=environment, manifest=manifest, identity=identity)
            if manifest.http
            else None
        )
        aliases = {
            name: self._make_function(name, bundles[manifest.bundle_key(function.bundle)])
            for name, function in manifest.functions.items()
        }
        for name in manifest.functions_of("http"):
            alias = aliases[name]
            HttpEntry(self, "Http", environment=environment, manifest=manifest, alias=alias, listener=listener)
        self._add_alarms(aliases, bundles)
        tag(self, environment, service=manifest.service, owner=manifest.owner)

    def _add_alarms(self, aliases: Mapping[str, lambda_.Alias], bundles: Mapping[str, Path]) -> None:
        """Add the alarms that tell people and, if the environment has canaries, what judges a new version."""
        add_alarms(self, self._environment, alarms_of(self._environment, self._manifest))
        canary = self._environment.canary
        if canary:
            hook = ReleaseHook(
                self,
                "ReleaseHook",
                environment=self._environment,
                manifest=self._manifest,
                canary=canary,
                bundle=bundles[release_check_key(self._manifest)],
                key=self._key,
            )
            releases = Releases(self, "Releases", environment=self._environment, manifest=self._manifest, canary=canary)
            releases.allow_hook(hook)
            for name, alias in aliases.items():
                releases.add(name, alias, hook=hook)

    def _make_table(self) -> ServiceTable | None:
        if self._manifest.table is None:
            return None
        table = ServiceTable(self, "Data", environment=self._environment, manifest=self._manifest, key=self._key)
        CfnOutput(self, "TableName", value=table.table.table_name)
        return table

    def _make_queue(self, name: str) -> WorkQueue:
        return WorkQueue(
            self,
            f"{camel(name)}Work",
            environment=self._environment,
            name=f"{self._manifest.service}-{name}",
            worker=self._manifest.worker_of(name),
            settings=self._manifest.queues[name],
            key=self._key,
        )

    def _make_function(self, name: str, bundle: Path) -> lambda_.Alias:
        function = ServiceFunction(
            self,
            camel(name),
            environment=self._environment,
            manifest=self._manifest,
            name=name,
            bundle=bundle,
            key=self._key,
        )
        if self._access and function.manifest.trigger == "http":
            self._access.admit(function)
        if function.manifest.pool_actions:
            grant_pool_actions(function, self._identity)
        if function.manifest.finds_deactivated_people:
            grant_deactivated_people(function, self._identity)
        grant_platform(function, self._environment, self._manifests)
        if self._table:
            function.function.add_environment("TABLE_NAME", self._table.table.table_name)
            self._table.grant(function.role, function.manifest)
        if self._bucket:
            self._bucket.grant(function)
        for service in function.manifest.reaches:
            grant_other_bucket(function, self._environment, service=service)
        for secret in function.manifest.secrets:
            self._secrets[secret].grant(function)
        for queue in function.manifest.sends_to:
            self._queues[queue].grant_send(function, name=queue)
        trigger = self._make_trigger(name, function)
        alias = function.publish()
        if trigger:
            trigger.add_event_source(function, alias)
        CfnOutput(self, f"{camel(name)}FunctionName", value=function.function.function_name)
        return alias

    def _make_trigger(self, name: str, function: ServiceFunction) -> OutboxRelay | WorkQueue | None:
        full_name = f"{self._manifest.service}-{name}"
        match function.manifest.trigger:
            case "outbox" if self._table:
                return OutboxRelay(
                    self,
                    f"{camel(name)}Outbox",
                    environment=self._environment,
                    service=self._manifest.service,
                    name=full_name,
                    function=function,
                    table=self._table,
                    bus=self._bus,
                    key=self._key,
                )
            case "events":
                function.function.add_environment("CONSUMES", ",".join(sorted(function.manifest.consumes)))
                consumer = EventConsumer(
                    self,
                    f"{camel(name)}Events",
                    environment=self._environment,
                    name=full_name,
                    function=function,
                    patterns=domain_events(function.manifest.consumes),
                    bus=self._bus,
                    key=self._key,
                )
                sources = function.manifest.platform_events
                consumer.add_rules(platform_events(self, self._environment, sources), bus=None)
                return consumer
            case "objects" if self._bucket:
                return EventConsumer(
                    self,
                    f"{camel(name)}Objects",
                    environment=self._environment,
                    name=full_name,
                    function=function,
                    patterns=new_objects(self._bucket.bucket.bucket_name, function.manifest.objects),
                    bus=None,
                    key=self._key,
                )
            case "queue" if function.manifest.queue:
                queue = self._queues[function.manifest.queue]
                queue.grant_receive(function)
                return queue
            case _:
                return None
