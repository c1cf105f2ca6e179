"""What a service tells the platform: the schema of `functions/<service>/service.toml`."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from functions.shared.interface.names import EVERY_EVENT

# ALB rules have priorities 1 to 50000: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
PRIORITY_MIN, PRIORITY_MAX = 100, 50_000

# Resource names are `platform-<environment>-<service>`; a target group's, the shortest kind, has 32 characters at
# most: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
ServiceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,13}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,254}$")]
IndexName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]
Handler = Annotated[str, StringConstraints(pattern=r"^functions(\.[a-z_][a-z0-9_]*){2,}\.[A-Za-z_][A-Za-z0-9_]*$")]
EventType = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*\.v[1-9][0-9]*$")]
ConsumedEvent = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9]{1,13}/[A-Z][A-Za-z0-9]*\.v[1-9][0-9]*)$")]
# A folder of a bucket: the slash at its end keeps `uploads/` from being `uploads-of-others/`, too.
ObjectPrefix = Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]*/)+$", max_length=200)]
GrantedAction = Annotated[str, StringConstraints(pattern=r"^(dynamodb|s3):[A-Z][A-Za-z]+$")]
SettingName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
# Readable in the template and in the function's configuration: no secret is a setting.
SettingValue = bool | int | float | Annotated[str, StringConstraints(max_length=200)] | tuple[int | float | str, ...]
HttpPath = Annotated[str, StringConstraints(pattern=r"^(/[a-z0-9][a-z0-9._-]*)+$", max_length=120)]

# The longest that SQS keeps a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
LONGEST_RETENTION_DAYS = 14

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
# What functions do with objects, of https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
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
Trigger = Literal["http", "outbox", "events", "objects", "queue"]


class Section(BaseModel):
    """A table of the file: nothing unknown in it, and never changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Http(Section):
    """How the gateway and the load balancer reach the service."""

    path: HttpPath = Field(description="the path that the service answers, with everything below it")
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
    """Objects that end by themselves."""

    prefix: ObjectPrefix
    kept_days: int = Field(ge=1, le=3650, description="days after which an object below the prefix ends")


class Bucket(Section):
    """The service's one bucket; its objects are encrypted, versioned, and reached over TLS alone."""

    noncurrent_kept_days: int = Field(default=30, ge=1, le=3650, description="days that S3 keeps what was replaced")
    unfinished_kept_days: int = Field(default=1, ge=1, le=365, description="days after which an unfinished upload ends")
    lifecycle: tuple[Expiry, ...] = Field(default=(), max_length=100)


class Queue(Section):
    """A work queue of the service's own, with a dead-letter queue; one function empties it."""

    retention_days: int = Field(default=4, ge=1, le=LONGEST_RETENTION_DAYS, description="days that work is kept")
    max_receives: int = Field(default=5, ge=1, le=1000, description="tries before work goes to the dead-letter queue")


class Bundle(Section):
    """What a zip of its own holds instead of the service's dependencies, for functions that need others."""

    dependencies: tuple[str, ...] = Field(min_length=1)
    aws_clients: tuple[Slug, ...] = ()


class Function(Section):
    """One Lambda function: what starts it, and what it may call."""

    handler: Handler = Field(description="module and name, such as functions.users.lambdas.api.handler")
    trigger: Trigger = Field(description="http, outbox, events, objects or queue")
    bundle: Slug | None = Field(default=None, description="a name of [bundles]; without one, the service's own")
    memory_mb: int = Field(default=512, ge=128, le=10_240)
    timeout_s: int = Field(default=10, ge=1, le=900)
    reserved_concurrency: int | None = Field(
        default=None, ge=1, le=1000, description="invocations at once that the account keeps for it, and its limit"
    )
    calls: str | None = Field(
        default=None, min_length=1, max_length=64, description="the outside system that it calls, for the diagrams"
    )
    secrets: tuple[Slug, ...] = ()
    table_actions: tuple[TableAction, ...] = ()
    index_actions: tuple[IndexAction, ...] = ()
    publishes: tuple[EventType, ...] = ()
    consumes: tuple[ConsumedEvent, ...] = ()
    objects: tuple[ObjectPrefix, ...] = Field(default=(), description="prefixes whose new objects start it")
    bucket_actions: dict[ObjectPrefix, tuple[BucketAction, ...]] = Field(
        default_factory=dict, description="prefix to what it may do with the objects below"
    )
    reads_buckets: dict[ServiceName, dict[ObjectPrefix, tuple[ReadAction, ...]]] = Field(
        default_factory=dict,
        description="service to the prefixes of its bucket whose objects this function may read; the bucket's name is"
        " in <SERVICE>_BUCKET_NAME",
    )
    writes_buckets: dict[ServiceName, ObjectPrefix] = Field(
        default_factory=dict,
        description="service to the prefix of its bucket where this function may put whole objects, and read none; the"
        " bucket's name is in <SERVICE>_BUCKET_NAME",
    )
    uncalled: dict[GrantedAction, str] = Field(
        default_factory=dict,
        description="action, such as s3:DeleteObject, to why it is granted though no end-to-end test sees it called",
    )
    queue: Slug | None = Field(default=None, description="the queue that starts it")
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html: more than 10 need a window.
    batch_size: int | None = Field(default=None, ge=1, le=10, description="messages at once; 10 unless it says less")
    # https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
    max_concurrency: int | None = Field(default=None, ge=2, le=1000, description="batches at once")
    sends_to: tuple[Slug, ...] = Field(default=(), description="queues of the service that it puts work into")

    @property
    def module_path(self) -> Path:
        """The file of the handler's module, relative to the project."""
        return Path(*self.handler.split(".")[:-1]).with_suffix(".py")

    @property
    def has_queue(self) -> bool:
        """Whether a queue starts it."""
        return self.trigger in {"events", "objects", "queue"}

    @property
    def reaches(self) -> list[str]:
        """The other services whose buckets it reads or writes."""
        return sorted({*self.reads_buckets, *self.writes_buckets})

    @property
    def _granted(self) -> set[str]:
        """The actions that it lists, as IAM names them."""
        own = self.bucket_actions.values()
        read = (actions for folders in self.reads_buckets.values() for actions in folders.values())
        written = (WRITE_ACTIONS for _ in self.writes_buckets)
        objects = {f"s3:{action}" for actions in (*own, *read, *written) for action in actions}
        return objects | {f"dynamodb:{action}" for action in (*self.table_actions, *self.index_actions)}

    @model_validator(mode="after")
    def _fits_its_trigger(self) -> Self:
        if bool(self.publishes) != (self.trigger == "outbox"):
            raise ValueError('publishes: expected one event or more with trigger = "outbox", and none without')
        if bool(self.consumes) != (self.trigger == "events"):
            raise ValueError('consumes: expected one event or more with trigger = "events", and none without')
        if bool(self.objects) != (self.trigger == "objects"):
            raise ValueError('objects: expected one prefix or more with trigger = "objects", and none without')
        if (self.queue is not None) != (self.trigger == "queue"):
            raise ValueError('queue: expected the name of a queue with trigger = "queue", and none without')
        if self.trigger in {"http", "outbox"} and (self.batch_size or self.max_concurrency):
            raise ValueError("batch_size, max_concurrency: expected with a trigger that has a queue alone")
        if (self.reserved_concurrency or 1000) < (self.max_concurrency or 0):
            # What the queue starts beyond the limit is throttled, and counts as a try of the message.
            raise ValueError("max_concurrency: expected reserved_concurrency at most")
        if unknown := self.uncalled.keys() - self._granted:
            raise ValueError(f"uncalled: expected actions that it is granted, found {', '.join(sorted(unknown))}")
        if EVERY_EVENT in self.consumes and len(self.consumes) > 1:
            raise ValueError('consumes: expected "*" alone, or a list of events without it')
        return self


class Manifest(Section):
    """Everything that the platform must build for one service."""

    service: ServiceName
    description: str = Field(min_length=1, max_length=256)
    owner: Slug = Field(description="the team, for the tags")
    dependencies: tuple[str, ...] = ()
    aws_clients: tuple[Slug, ...] = ()
    ships_contracts: bool = Field(default=False, description="whether the bundle holds the contracts of all events")
    settings: dict[SettingName, SettingValue] = Field(
        default_factory=dict, description="what the functions read with setting_value(), everywhere"
    )
    settings_in: dict[str, dict[SettingName, SettingValue]] = Field(
        default_factory=dict, description="environment to the settings that are others there"
    )
    bundles: dict[Slug, Bundle] = Field(default_factory=dict)
    http: Http | None = None
    secrets: dict[Slug, Secret] = Field(default_factory=dict)
    table: Table | None = None
    bucket: Bucket | None = None
    queues: dict[Slug, Queue] = Field(default_factory=dict)
    functions: dict[Slug, Function] = Field(min_length=1)

    @property
    def folder(self) -> Path:
        """The service's folder, relative to the project."""
        return Path("functions", self.service)

    @property
    def bundle_names(self) -> tuple[str | None, ...]:
        """The service's own bundle, which has no name, and those beside it."""
        return (None, *self.bundles)

    def bundle_key(self, bundle: str | None) -> str:
        """Name a bundle among those of all services."""
        return f"{self.service}-{bundle}" if bundle else self.service

    def lock_of(self, bundle: str | None) -> Path:
        """Name the lock of a bundle's dependencies, relative to the project."""
        return self.folder / (f"requirements-{bundle}.txt" if bundle else "requirements.txt")

    def part(self, bundle: str | None) -> Self:
        """Return the manifest as it is for the functions of a bundle: with its dependencies and clients alone."""
        return self.model_copy(update=dict(self.bundles[bundle])) if bundle else self

    @property
    def reaches(self) -> set[str]:
        """The other services whose buckets the functions read or write."""
        return {service for function in self.functions.values() for service in function.reaches}

    def worker_of(self, queue: str) -> Function:
        """The function that empties a queue."""
        return next(function for function in self.functions.values() if function.queue == queue)

    def settings_of(self, environment: str) -> dict[str, SettingValue]:
        """The settings in an environment."""
        return {**self.settings, **self.settings_in.get(environment, {})}

    def functions_of(self, trigger: Trigger) -> dict[str, Function]:
        """The functions that one kind of trigger starts, by name."""
        return {name: function for name, function in self.functions.items() if function.trigger == trigger}

    @field_validator("functions")
    @classmethod
    def _what_functions_name_exists(cls, functions: dict[str, Function], info: ValidationInfo) -> dict[str, Function]:
        table: Table | None = info.data.get("table")
        bucket: Bucket | None = info.data.get("bucket")
        bundles: dict[str, Bundle] = info.data.get("bundles", {})
        secrets: dict[str, Secret] = info.data.get("secrets", {})
        for name, function in functions.items():
            for secret in function.secrets:
                if secret not in secrets:
                    raise ValueError(f"{name}.secrets: expected a name that has a section [secrets.{secret}]")
            if function.bundle and function.bundle not in bundles:
                raise ValueError(f"{name}.bundle: expected a name that has a section [bundles.{function.bundle}]")
            if table is None and (function.table_actions or function.trigger == "outbox"):
                raise ValueError(f"{name}: expected a section [table], which table_actions and outbox need")
            if function.index_actions and (table is None or not table.indexes):
                raise ValueError(f"{name}.index_actions: expected a section [[table.indexes]]")
            if bucket is None and (function.bucket_actions or function.objects):
                raise ValueError(f"{name}: expected a section [bucket], which bucket_actions and objects need")
        return functions

    @field_validator("settings_in")
    @classmethod
    def _what_differs_is_a_setting(
        cls, settings_in: dict[str, dict[str, SettingValue]], info: ValidationInfo
    ) -> dict[str, dict[str, SettingValue]]:
        settings: dict[str, SettingValue] = info.data.get("settings", {})
        for environment, others in settings_in.items():
            for name, value in others.items():
                if name not in settings or type(value) is not type(settings[name]):
                    raise ValueError(f"{environment}.{name}: expected a value of the kind that [settings] has for it")
        return settings_in

    @model_validator(mode="after")
    def _has_the_client_of_its_queues(self) -> Self:
        for name, function in self.functions.items():
            if function.has_queue and "sqs" not in self.part(function.bundle).aws_clients:
                section = f"bundles.{function.bundle}.aws_clients" if function.bundle else "aws_clients"
                raise ValueError(f'{section}: expected "sqs" among them, by which {name} keeps dead letters')
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
                raise ValueError(f"queues.{queue}: expected exactly one function that empties it, found {found}")
            if queue in {**self.functions_of("events"), **self.functions_of("objects")}:
                # Both would be named `platform-<environment>-<service>-<name>`.
                raise ValueError(f"queues.{queue}: expected another name than that of a function with its own queue")
        return self

    @model_validator(mode="after")
    def _has_one_entry_of_each_kind(self) -> Self:
        if len(self.functions_of("http")) != (self.http is not None):
            raise ValueError('functions: expected exactly one with trigger = "http" beside [http], and none without')
        if len(self.functions_of("outbox")) > 1:
            raise ValueError('functions: expected one with trigger = "outbox" at most, since a table has one outbox')
        return self
