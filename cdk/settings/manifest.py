"""The schema of `functions/<service>/service.toml`, which declares what the platform builds for a service."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from functions.shared.interface.names import CONSOLE_PATH, EVERY_EVENT

# ALB rules have priorities 1 to 50000: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
PRIORITY_MIN, PRIORITY_MAX = 100, 50_000

# Resource names are `platform-<environment>-<service>`. A target group has the shortest limit, 32 characters: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
ServiceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,13}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,254}$")]
IndexName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]
Handler = Annotated[str, StringConstraints(pattern=r"^functions(\.[a-z_][a-z0-9_]*){2,}\.[A-Za-z_][A-Za-z0-9_]*$")]
EventType = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*\.v[1-9][0-9]*$")]
ConsumedEvent = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9]{1,13}/[A-Z][A-Za-z0-9]*\.v[1-9][0-9]*)$")]
# A folder of a bucket: without the slash at its end, `uploads` would include `uploads-of-others/`.
ObjectPrefix = Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]*/)+$", max_length=200)]
GrantedAction = Annotated[str, StringConstraints(pattern=r"^(dynamodb|s3):[A-Z][A-Za-z]+$")]
# A function of another service, `<service>/<function>`.
ForeignFunction = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,13}/[a-z][a-z0-9-]{0,23}$")]
SettingName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
# A setting is readable in the template and in the function's configuration, so it must not be a secret.
SettingValue = bool | int | float | Annotated[str, StringConstraints(max_length=200)] | tuple[int | float | str, ...]
HttpPath = Annotated[str, StringConstraints(pattern=r"^(/[a-z0-9][a-z0-9._-]*)+$", max_length=120)]

# The longest time for which SQS keeps a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
LONGEST_RETENTION_DAYS = 14

# A backlog or a replay must leave the account's concurrency to the APIs. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
CONCURRENT_BATCHES = 10
# https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
LEAST_CONCURRENT_BATCHES = 2

# S3 aborts an upload in parts that is not complete after this time.
UNFINISHED_KEPT_DAYS = 1

# The data-plane actions of https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
TableAction = Literal[
    "BatchGetItem",
    "BatchWriteItem",
    "ConditionCheckItem",
    "DeleteItem",
    "DescribeTable",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "UpdateItem",
]
IndexAction = Literal["Query", "Scan"]
# The actions on objects, from https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
BucketAction = Literal[
    "AbortMultipartUpload",
    "DeleteObject",
    "DeleteObjectVersion",
    "GetObject",
    "GetObjectVersion",
    "ListMultipartUploadParts",
    "PutObject",
]
ReadAction = Literal["GetObject", "GetObjectVersion"]
WRITE_ACTIONS: tuple[BucketAction, ...] = ("PutObject",)
# The actions that end and restore a person's access to the user pool.
PoolAction = Literal["AdminDisableUser", "AdminEnableUser", "AdminGetUser", "AdminUserGlobalSignOut"]
# The sources of AWS on the account's default bus that a function may consume; cdk/service/event_consumer.py has a rule
# for each, which passes only what concerns the environment's own stacks.
PlatformSource = Literal["aws.cloudformation", "aws.cloudwatch", "aws.codedeploy", "aws.ecs"]
Trigger = Literal["http", "outbox", "events", "objects", "queue"]


# The function of each service that judges its new versions: `cdk/service/release_hook.py`.
RELEASE_HOOK = "release-hook"


class Section(BaseModel):
    """A table of the file: immutable, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Http(Section):
    """The routing of requests to the service by the gateway and the load balancer."""

    path: HttpPath = Field(description="the path that the service answers, and everything below")
    priority: int | None = Field(default=None, ge=PRIORITY_MIN, le=PRIORITY_MAX)


class Secret(Section):
    """A random string that Secrets Manager makes."""

    length: int = Field(default=64, ge=16, le=4096)


class Index(Section):
    """A global secondary index that holds every attribute."""

    name: IndexName
    partition_key: AttributeName
    sort_key: AttributeName | None = None


class Table(Section):
    """The service's one table; its keys are strings."""

    partition_key: AttributeName
    sort_key: AttributeName | None = None
    time_to_live: AttributeName | None = None
    indexes: tuple[Index, ...] = Field(default=(), max_length=20)


class Expiry(Section):
    """A rule by which S3 deletes objects after some days."""

    prefix: ObjectPrefix
    kept_days: int = Field(ge=1, le=3650, description="days after which S3 deletes an object below prefix")


class Bucket(Section):
    """The service's one bucket; its objects are encrypted, versioned and reachable only over TLS."""

    noncurrent_kept_days: int = Field(default=30, ge=1, le=3650, description="days that S3 keeps a replaced version")
    lifecycle: tuple[Expiry, ...] = Field(default=(), max_length=100)


class Queue(Section):
    """A work queue of the service, with a dead-letter queue; one function consumes it."""

    retention_days: int = Field(default=4, ge=1, le=LONGEST_RETENTION_DAYS, description="days that SQS keeps a message")
    max_receives: int = Field(default=5, ge=1, le=1000, description="receives before a message is a dead letter")


class Bundle(Section):
    """A second zip, with other dependencies than the service's own, for the functions that name it."""

    dependencies: tuple[str, ...] = Field(min_length=1)
    aws_clients: tuple[Slug, ...] = ()


class Function(Section):
    """One Lambda function: its trigger, its limits and its permissions."""

    handler: Handler = Field(description="module and name, such as functions.users.lambdas.api.handler")
    trigger: Trigger = Field(description="http, outbox, events, objects or queue")
    bundle: Slug | None = Field(default=None, description="a name in [bundles]; by default the service's own bundle")
    memory_mb: int = Field(default=512, ge=128, le=10_240)
    timeout_s: int = Field(default=10, ge=1, le=900)
    reserved_concurrency: int | None = Field(
        default=None, ge=1, le=1000, description="concurrent invocations: reserved for it, and its limit"
    )
    calls: str | None = Field(
        default=None, min_length=1, max_length=64, description="the external system that it calls, for the diagrams"
    )
    secrets: tuple[Slug, ...] = ()
    table_actions: tuple[TableAction, ...] = ()
    index_actions: tuple[IndexAction, ...] = ()
    publishes: tuple[EventType, ...] = ()
    consumes: tuple[ConsumedEvent, ...] = ()
    platform_events: tuple[PlatformSource, ...] = Field(
        default=(),
        description="AWS services, on the default bus; their events on the environment's own deployments and alarms",
    )
    objects: tuple[ObjectPrefix, ...] = Field(default=(), description="prefixes; a new object below one starts it")
    bucket_actions: dict[ObjectPrefix, tuple[BucketAction, ...]] = Field(
        default_factory=dict, description="prefix to the allowed actions on objects below it"
    )
    reads_buckets: dict[ServiceName, dict[ObjectPrefix, tuple[ReadAction, ...]]] = Field(
        default_factory=dict,
        description="service to the prefixes of its bucket below which this function may read; <SERVICE>_BUCKET_NAME"
        " contains the bucket's name",
    )
    writes_buckets: dict[ServiceName, ObjectPrefix] = Field(
        default_factory=dict,
        description="service to the prefix of its bucket below which this function may put whole objects, but read"
        " none; <SERVICE>_BUCKET_NAME contains the bucket's name",
    )
    pool_actions: tuple[PoolAction, ...] = Field(
        default=(), description="actions on people of the user pool; the function may then block people, too"
    )
    finds_deactivated_people: bool = Field(
        default=False, description="whether it may ask if a person's account is deactivated"
    )
    signs_people_in: bool = Field(
        default=False, description="whether it is the console, which signs people in with a client of its own"
    )
    watches_platform: bool = Field(
        default=False,
        description="whether it may read alarms, metrics, live versions and dead letters of the whole platform, which"
        " PLATFORM describes",
    )
    redrives_dead_letters: bool = Field(
        default=False,
        description="whether it may move dead letters of every service back to their queues, which PLATFORM describes",
    )
    invokes: tuple[ForeignFunction, ...] = Field(
        default=(),
        description="HTTP functions of other services, such as users/api, that it calls with a person's token",
    )
    untested_actions: dict[GrantedAction, str] = Field(
        default_factory=dict,
        description="action, such as s3:DeleteObject, to the reason why no end-to-end test calls it",
    )
    queue: Slug | None = Field(default=None, description="the queue that starts it")
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html: above 10, a window is required.
    batch_size: int | None = Field(default=None, ge=1, le=10, description="messages in a batch; 10 by default")
    max_concurrency: int | None = Field(
        default=None,
        ge=LEAST_CONCURRENT_BATCHES,
        le=1000,
        description=f"concurrent batches; {CONCURRENT_BATCHES} by default",
    )
    sends_to: tuple[Slug, ...] = Field(default=(), description="queues of the service to which it sends messages")

    @property
    def module_path(self) -> Path:
        """The path of the handler's module, relative to the project."""
        return Path(*self.handler.split(".")[:-1]).with_suffix(".py")

    @property
    def has_queue(self) -> bool:
        """True if a queue starts the function."""
        return self.trigger in {"events", "objects", "queue"}

    @property
    def concurrent_batches(self) -> int:
        """The limit of concurrent batches from its queue; never more than the concurrency that it reserves."""
        return self.max_concurrency or min(CONCURRENT_BATCHES, self.reserved_concurrency or CONCURRENT_BATCHES)

    @property
    def reaches(self) -> list[str]:
        """The other services with a bucket that it reads or writes."""
        return sorted({*self.reads_buckets, *self.writes_buckets})

    @property
    def _granted(self) -> set[str]:
        """The granted actions, by their names in IAM."""
        own = self.bucket_actions.values()
        read = (actions for folders in self.reads_buckets.values() for actions in folders.values())
        written = (WRITE_ACTIONS for _ in self.writes_buckets)
        objects = {f"s3:{action}" for actions in (*own, *read, *written) for action in actions}
        return objects | {f"dynamodb:{action}" for action in (*self.table_actions, *self.index_actions)}

    @model_validator(mode="after")
    def _fits_its_trigger(self) -> Self:
        if bool(self.publishes) != (self.trigger == "outbox"):
            raise ValueError(
                'publishes: expected at least one event with trigger = "outbox", and none with another trigger'
            )
        if bool(self.consumes or self.platform_events) != (self.trigger == "events"):
            raise ValueError(
                'consumes: expected at least one event with trigger = "events", and none with another trigger'
            )
        if bool(self.objects) != (self.trigger == "objects"):
            raise ValueError(
                'objects: expected at least one prefix with trigger = "objects", and none with another trigger'
            )
        if (self.queue is not None) != (self.trigger == "queue"):
            raise ValueError(
                'queue: expected the name of a queue with trigger = "queue", and none with another trigger'
            )
        if self.trigger in {"http", "outbox"} and (self.batch_size or self.max_concurrency):
            raise ValueError("batch_size, max_concurrency: expected only with trigger events, objects or queue")
        if self.has_queue and self.concurrent_batches < LEAST_CONCURRENT_BATCHES:
            expected = f"expected at least {LEAST_CONCURRENT_BATCHES} for a function with a queue"
            raise ValueError(f"reserved_concurrency: {expected}, found {self.reserved_concurrency}")
        if (self.reserved_concurrency or 1000) < (self.max_concurrency or 0):
            # Lambda throttles a batch above the reserved concurrency, and SQS counts that as a receive of its messages.
            found = f"{self.reserved_concurrency}, found {self.max_concurrency}"
            raise ValueError(f"max_concurrency: expected at most reserved_concurrency, {found}")
        if unknown := self.untested_actions.keys() - self._granted:
            found = ", ".join(sorted(unknown))
            raise ValueError(f"untested_actions: expected only actions that the function is granted, found {found}")
        if EVERY_EVENT in self.consumes and len(self.consumes) > 1:
            raise ValueError('consumes: expected only "*", or a list of events without it')
        return self


class Manifest(Section):
    """Everything that the platform builds for one service."""

    service: ServiceName
    description: str = Field(min_length=1, max_length=256)
    owner: Slug = Field(description="the team, for the tags")
    dependencies: tuple[str, ...] = ()
    aws_clients: tuple[Slug, ...] = ()
    ships_contracts: bool = Field(default=False, description="whether the bundle contains the contracts of all events")
    ships_runbook: bool = Field(default=False, description="whether the bundle contains the runbook of the alarms")
    settings: dict[SettingName, SettingValue] = Field(
        default_factory=dict, description="name to value; functions read it with setting_value()"
    )
    settings_in: dict[str, dict[SettingName, SettingValue]] = Field(
        default_factory=dict, description="environment to the settings with another value there"
    )
    bundles: dict[Slug, Bundle] = Field(default_factory=dict)
    http: Http | None = None
    secrets: dict[Slug, Secret] = Field(default_factory=dict)
    table: Table | None = None
    bucket: Bucket | None = None
    queues: dict[Slug, Queue] = Field(default_factory=dict)
    operators_publish: tuple[EventType, ...] = Field(
        default=(), description="the service's events that an operator's command publishes, not a function"
    )
    functions: dict[Slug, Function] = Field(min_length=1)

    @property
    def folder(self) -> Path:
        """The service's folder, relative to the project."""
        return Path("functions", self.service)

    @property
    def bundle_names(self) -> tuple[str | None, ...]:
        """The service's own bundle, which has no name, and its named ones."""
        return (None, *self.bundles)

    def bundle_key(self, bundle: str | None) -> str:
        """Return the name of a bundle, unique among all services."""
        return f"{self.service}-{bundle}" if bundle else self.service

    def lock_of(self, bundle: str | None) -> Path:
        """Return the path of the lock of a bundle's dependencies, relative to the project."""
        return self.folder / (f"requirements-{bundle}.txt" if bundle else "requirements.txt")

    def part(self, bundle: str | None) -> Self:
        """Return the manifest with the dependencies and clients of a bundle in place of the service's own."""
        return self.model_copy(update=dict(self.bundles[bundle])) if bundle else self

    @property
    def reaches(self) -> set[str]:
        """The other services with a bucket that the functions read or write."""
        return {service for function in self.functions.values() for service in function.reaches}

    def worker_of(self, queue: str) -> Function:
        """Return the function that consumes a queue."""
        return next(function for function in self.functions.values() if function.queue == queue)

    def settings_of(self, environment: str) -> dict[str, SettingValue]:
        """Return the settings in an environment."""
        return {**self.settings, **self.settings_in.get(environment, {})}

    def functions_of(self, trigger: Trigger) -> dict[str, Function]:
        """Return the functions with this trigger, by name."""
        return {name: function for name, function in self.functions.items() if function.trigger == trigger}

    @field_validator("functions")
    @classmethod
    def _references_exist(cls, functions: dict[str, Function], info: ValidationInfo) -> dict[str, Function]:
        table: Table | None = info.data.get("table")
        bucket: Bucket | None = info.data.get("bucket")
        bundles: dict[str, Bundle] = info.data.get("bundles", {})
        secrets: dict[str, Secret] = info.data.get("secrets", {})
        if RELEASE_HOOK in functions:
            raise ValueError(f"{RELEASE_HOOK}: expected another name; the function that judges releases has this one")
        for name, function in functions.items():
            for secret in function.secrets:
                if secret not in secrets:
                    raise ValueError(f"{name}.secrets: expected names with a section; add [secrets.{secret}]")
            if function.bundle and function.bundle not in bundles:
                raise ValueError(f"{name}.bundle: expected a name with a section; add [bundles.{function.bundle}]")
            if table is None and (function.table_actions or function.trigger == "outbox"):
                raise ValueError(f'{name}: expected a section [table], because of table_actions or trigger = "outbox"')
            if function.index_actions and (table is None or not table.indexes):
                raise ValueError(f"{name}.index_actions: expected a section [[table.indexes]]")
            if bucket is None and (function.bucket_actions or function.objects):
                raise ValueError(f"{name}: expected a section [bucket], because of bucket_actions or objects")
        return functions

    @field_validator("settings_in")
    @classmethod
    def _overrides_only_settings(
        cls, settings_in: dict[str, dict[str, SettingValue]], info: ValidationInfo
    ) -> dict[str, dict[str, SettingValue]]:
        settings: dict[str, SettingValue] = info.data.get("settings", {})
        for environment, others in settings_in.items():
            for name, value in others.items():
                if name not in settings or type(value) is not type(settings[name]):
                    raise ValueError(
                        f"{environment}.{name}: expected a setting of [settings], with a value of the same type"
                    )
        return settings_in

    @model_validator(mode="after")
    def _has_the_client_of_its_queues(self) -> Self:
        for name, function in self.functions.items():
            if function.has_queue and "sqs" not in self.part(function.bundle).aws_clients:
                section = f"bundles.{function.bundle}.aws_clients" if function.bundle else "aws_clients"
                raise ValueError(f'{section}: expected "sqs" in the list, with which {name} sends dead letters')
        return self

    @model_validator(mode="after")
    def _has_one_worker_a_queue(self) -> Self:
        for name, function in self.functions.items():
            for queue in (*function.sends_to, *([function.queue] if function.queue else [])):
                if queue not in self.queues:
                    raise ValueError(f"functions.{name}: expected a section [queues.{queue}]")
        for queue in self.queues:
            workers = [name for name, function in self.functions.items() if function.queue == queue]
            if len(workers) != 1:
                found = ", ".join(workers) or "none"
                raise ValueError(f"queues.{queue}: expected exactly one function with this queue, found {found}")
            if queue in {**self.functions_of("events"), **self.functions_of("objects")}:
                # Both would be named `platform-<environment>-<service>-<name>`.
                raise ValueError(
                    f"queues.{queue}: expected another name; the queue of the function {queue} has this one"
                )
        return self

    @model_validator(mode="after")
    def _has_one_entry_of_each_kind(self) -> Self:
        if len(self.functions_of("http")) != (self.http is not None):
            raise ValueError(
                'functions: expected exactly one with trigger = "http" if there is a section [http], and none otherwise'
            )
        for name, function in self.functions.items():
            if function.signs_people_in and (self.http is None or self.http.path != CONSOLE_PATH):
                # The user pool sends people back to this path.
                raise ValueError(f"functions.{name}.signs_people_in: expected http.path to be {CONSOLE_PATH}")
        if len(self.functions_of("outbox")) > 1:
            raise ValueError('functions: expected at most one with trigger = "outbox", because a table has one outbox')
        return self
