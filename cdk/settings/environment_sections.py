"""The sections of an environment file, each with its defaults."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
PrefixListId = Annotated[str, StringConstraints(pattern=r"^pl-[0-9a-f]{8,17}$")]
ParameterName = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.-]+)+$", max_length=200)]
# Slack shows both in the address of a channel: https://app.slack.com/client/<workspace>/<channel>.
SlackWorkspaceId = Annotated[str, StringConstraints(pattern=r"^T[A-Z0-9]{6,12}$")]
# The types for which a stack calls `is_left_out` of `cdk/conventions/left_out.py`; every environment has the others.
LeftOutType = Literal["AWS::CodeDeploy::DeploymentGroup", "AWS::ECS::Service", "Custom::VpcRestrictDefaultSG"]
# Memory in MB by CPU units: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
FARGATE_SIZES: Mapping[int, range] = {
    256: range(512, 2048 + 1, 512),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16_384 + 1, 1024),
    4096: range(8192, 30_720 + 1, 1024),
}
# The one size in these ranges, CPU units and MB, that Fargate does not offer.
NO_FARGATE_SIZE = (256, 1536)
# As browsers write it: lower case, no path, no default port. Plain HTTP only on this machine, as Cognito wants it.
PageOrigin = Annotated[
    str,
    StringConstraints(
        pattern=r"^(https://[a-z0-9-]+(\.[a-z0-9-]+)+|http://localhost)(:[1-9][0-9]{0,4})?$", max_length=200
    ),
]
# Cognito's limit of callback URLs: https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
MOST_ORIGINS = 100
# Browsers may remember the answer to a preflight; Chromium does for two hours at most.
PREFLIGHT_REMEMBERED_S = 7200
SlackChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{6,12}$")]


class Section(BaseModel):
    """A section of the file: immutable, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _rejects_boolean_as_number(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - of any field
        """Reject `true` for a number: Python takes it for 1, but in a file it is a mistake."""
        if isinstance(value, bool) and info.field_name:
            kind = cls.model_fields[info.field_name].annotation
            if any(each in {int, float} or isinstance(each, int) for each in (kind, *get_args(kind))):
                raise ValueError(f"expected a number, found {str(value).lower()}")
        return value


class Gateway(Section):
    """Traefik's limits for each client, and its circuit breaker for each service."""

    rate_average_per_s: int = Field(
        default=50, ge=1, le=100_000, description="average requests per second, for each client and task"
    )
    rate_burst: int = Field(default=100, ge=1, le=100_000, description="requests in a burst, for each client and task")
    in_flight: int = Field(default=128, ge=1, le=10_000, description="concurrent requests, for each client and task")
    body_limit_bytes: int = Field(
        default=1_000_000, ge=1, le=1_000_000, description="size of a request; Lambda accepts 1 MB"
    )
    breaker_error_ratio: float = Field(default=0.5, gt=0, le=1, description="share of failures that opens the breaker")
    breaker_open_s: int = Field(
        default=3, ge=1, le=300, description="seconds after which an open breaker admits requests"
    )
    hsts_s: int = Field(
        default=31_536_000, ge=0, le=63_072_000, description="seconds for which browsers insist on HTTPS"
    )
    allowed_origins: tuple[PageOrigin, ...] = Field(
        default=(),
        max_length=MOST_ORIGINS,
        description="origins of front ends that call the platform from a browser, such as https://app.example.com",
    )

    @field_validator("allowed_origins")
    @classmethod
    def _are_written_as_browsers_do(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if default := [each for each in origins if each.endswith((":443", "http://localhost:80"))]:
            raise ValueError(f"expected no default port, which browsers leave out; found {default[0]!r}")
        if len(set(origins)) < len(origins):
            raise ValueError("expected each origin once")
        return origins


class Edge(Section):
    """The gateway on AWS: the size and number of Traefik's tasks, their egress, and the limit of the firewall."""

    task_cpu: Literal[256, 512, 1024, 2048, 4096] = Field(
        default=512, description="CPU units of a task; 1024 is a core"
    )
    task_memory_mb: int = Field(
        default=1024, ge=512, le=30_720, description="memory of a task, of a size that task_cpu allows"
    )
    tasks_min: int = Field(default=2, ge=2, le=100, description="smallest number of tasks, spread over the zones")
    tasks_max: int = Field(default=10, ge=2, le=1_000, description="largest number of tasks")
    firewall_requests_per_5_minutes: int = Field(
        default=15_000, ge=10, le=2_000_000_000, description="allowed per client address"
    )
    egress: Literal["endpoints", "nat"] = Field(
        default="nat", description="route of tasks to AWS: a NAT gateway and the Internet, or interface endpoints"
    )
    s3_prefix_list: PrefixListId | None = Field(
        default=None,
        description="for endpoints: prefix list of S3, which stores the images: aws ec2 describe-managed-prefix-lists",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.tasks_max < self.tasks_min:
            raise ValueError(f"tasks_max: expected at least tasks_min, {self.tasks_min}; found {self.tasks_max}")
        sizes = [mb for mb in FARGATE_SIZES[self.task_cpu] if (self.task_cpu, mb) != NO_FARGATE_SIZE]
        if self.task_memory_mb not in sizes:
            listed = ", ".join(map(str, sizes))
            raise ValueError(
                f"task_memory_mb: expected one of {listed} with task_cpu: {self.task_cpu}, found {self.task_memory_mb}"
            )
        if self.egress == "endpoints" and self.s3_prefix_list is None:
            raise ValueError("s3_prefix_list: missing; egress: endpoints needs it")
        return self


class Backup(Section):
    """Backups of tables and buckets; the vault's lock prevents an early deletion."""

    daily_kept_days: int = Field(default=35, ge=1, le=365, description="days for which a daily backup is kept")
    monthly_kept_days: int = Field(
        default=365, ge=1, le=3650, description="days for which the first backup of a month is kept"
    )
    copy_region: Region | None = Field(default=None, description="a second region, to which every backup is copied")
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    compliance_after_days: int | None = Field(
        default=None,
        ge=3,
        le=36_500,
        description="days after which the lock is final; null: administrators can always remove it",
    )

    @model_validator(mode="after")
    def _keeps_months_longer(self) -> Self:
        if self.monthly_kept_days < self.daily_kept_days:
            raise ValueError(
                f"monthly_kept_days: expected at least daily_kept_days, {self.daily_kept_days}, which the vault's lock"
                f" enforces; found {self.monthly_kept_days}"
            )
        return self


class Guardrails(Section):
    """Budget, trail, threat detection and access analysis of the account, in only one of its environments.

    Each can be disabled if the account or its organization already has it.
    """

    budget: bool = Field(default=True, description="whether a budget sends alarms about costs")
    budget_usd_a_month: int | None = Field(
        default=None, ge=1, le=10_000_000, description="US dollars a month, for the account; required for the budget"
    )
    alert_address_parameter: ParameterName | None = Field(
        default=None,
        description="the SSM parameter with the e-mail address for alarms of the budget; required for the budget",
    )
    trail: bool = Field(default=True, description="whether CloudTrail records changes to the account")
    trail_kept_days: int = Field(
        default=365, ge=90, le=3650, description="days for which the records of CloudTrail are kept"
    )
    threat_detection: bool = Field(default=True, description="whether GuardDuty detects threats; one per region")
    access_analyzer: bool = Field(
        default=True,
        description="whether IAM Access Analyzer finds resources shared with other accounts; one per region",
    )

    @model_validator(mode="after")
    def _has_what_a_budget_needs(self) -> Self:
        for key in ("budget_usd_a_month", "alert_address_parameter"):
            if self.budget and getattr(self, key) is None:
                raise ValueError(f"{key}: missing; the budget needs it. Without a budget, set budget: false")
        return self


class Alarms(Section):
    """Thresholds of alarms; the alarms about requests also roll back a release."""

    error_percent: float = Field(default=2, gt=0, le=100, description="failed requests of a service, per minute")
    requests_min: int = Field(
        default=10, ge=1, le=100_000, description="requests per minute below which shares are ignored"
    )
    function_errors: int = Field(default=3, ge=1, le=100_000, description="invocations with an error, per five minutes")
    throttles: int = Field(default=10, ge=1, le=100_000, description="calls that AWS throttles, per five minutes")
    oldest_message_s: int = Field(default=3600, ge=60, le=1_209_600, description="seconds for which a message waits")
    stream_lag_s: int = Field(default=300, ge=60, le=86_400, description="seconds for which an event waits for the bus")


class Objectives(Section):
    """The service level objectives of every service; alarms fire when its error budget burns too fast."""

    availability_percent: float = Field(default=99.9, ge=90, le=99.999, description="requests that do not fail")
    latency_ms: int = Field(default=1000, ge=10, le=30_000, description="milliseconds, the longest acceptable duration")
    latency_percent: float = Field(default=99, ge=50, le=99.9, description="requests within latency_ms")
    window_days: int = Field(default=30, ge=7, le=90, description="days over which availability is measured")


class Canary(Section):
    """The traffic of a new version of a function: some at first, and all after some minutes unless an alarm fires."""

    # https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
    percent: int = Field(default=10, ge=1, le=99, description="of the traffic, to the new version at first")
    minutes: int = Field(default=5, ge=1, le=2_880, description="until the new version gets all traffic")
    bake_minutes: int = Field(default=10, ge=0, le=14)


class SlackChannel(Section):
    """A Slack channel for alarms; its ids are no secrets. An administrator authorizes the workspace once, by hand."""

    workspace: SlackWorkspaceId = Field(description="id of the workspace, such as T0123ABCD")
    channel: SlackChannelId = Field(description="id of the channel, such as C0123ABCD")
