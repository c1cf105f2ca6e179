"""The parts of an environment file, each with its defaults."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
PrefixListId = Annotated[str, StringConstraints(pattern=r"^pl-[0-9a-f]{8,17}$")]
ParameterName = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.-]+)+$", max_length=200)]
# Slack shows both in the address of a channel: https://app.slack.com/client/<workspace>/<channel>.
SlackWorkspaceId = Annotated[str, StringConstraints(pattern=r"^T[A-Z0-9]{6,12}$")]
# What the stacks ask for before they make it; see `cdk/conventions/left_out.py`. Everything else is always there.
LeftOutType = Literal["AWS::CodeDeploy::DeploymentGroup", "AWS::ECS::Service", "Custom::VpcRestrictDefaultSG"]
# Megabytes by units of CPU: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
FARGATE_SIZES: Mapping[int, range] = {
    256: range(512, 2048 + 1, 512),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16_384 + 1, 1024),
    4096: range(8192, 30_720 + 1, 1024),
}
# The one step that Fargate leaves out of the smallest tasks.
NO_FARGATE_SIZE = (256, 1536)
SlackChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{6,12}$")]


class Section(BaseModel):
    """A part of the file: nothing unknown in it, and never changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _takes_no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - of any field
        """To Python, `true` is 1; to who writes a file, it is a slip."""
        if isinstance(value, bool) and info.field_name:
            kind = cls.model_fields[info.field_name].annotation
            if any(each in {int, float} or isinstance(each, int) for each in (kind, *get_args(kind))):
                raise ValueError(f"expected a number, found {str(value).lower()}")
        return value


class Gateway(Section):
    """What Traefik lets through, and when it protects a service."""

    rate_average_per_s: int = Field(default=50, ge=1, le=100_000, description="requests a second and client, of a task")
    rate_burst: int = Field(default=100, ge=1, le=100_000, description="requests at once and client, of a task")
    in_flight: int = Field(default=128, ge=1, le=10_000, description="requests under way per client, of a task")
    body_limit_bytes: int = Field(default=1_000_000, ge=1, le=1_000_000, description="of a request; Lambda takes 1 MB")
    attempts: int = Field(default=2, ge=1, le=5, description="tries of a safe method, the first one included")
    retry_interval_ms: int = Field(default=100, ge=1, le=5_000, description="milliseconds before the second try")
    breaker_error_ratio: float = Field(default=0.5, gt=0, le=1, description="share of failures that opens the breaker")
    breaker_open_s: int = Field(default=3, ge=1, le=300, description="seconds before an open breaker lets some through")
    hsts_s: int = Field(default=31_536_000, ge=0, le=63_072_000, description="seconds that browsers insist on HTTPS")


class Edge(Section):
    """How the gateway runs on AWS: Traefik's tasks, their way out, and what the firewall lets through."""

    task_cpu: Literal[256, 512, 1024, 2048, 4096] = Field(default=512, description="of a task; 1024 is a core")
    task_memory_mb: int = Field(default=1024, ge=512, le=30_720, description="of a task; what its CPU allows")
    tasks_min: int = Field(default=2, ge=2, le=100, description="tasks at least, spread over the zones")
    tasks_max: int = Field(default=10, ge=2, le=1_000, description="tasks at most")
    requests_per_task_and_minute: int = Field(default=30_000, ge=100, le=1_000_000, description="above it, more tasks")
    task_cpu_percent: int = Field(default=60, ge=10, le=90, description="above it, more tasks")
    firewall_requests_per_5_minutes: int = Field(default=15_000, ge=10, le=2_000_000_000, description="of one address")
    egress: Literal["endpoints", "nat"] = Field(
        default="nat", description="how tasks reach AWS: through the Internet by NAT, or by interface endpoints"
    )
    s3_prefix_list: PrefixListId | None = Field(
        default=None,
        description="of S3 in the region, where images lie, for endpoints: aws ec2 describe-managed-prefix-lists",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.tasks_max < self.tasks_min:
            raise ValueError(f"tasks_max: expected tasks_min or more, found {self.tasks_max}")
        sizes = [mb for mb in FARGATE_SIZES[self.task_cpu] if (self.task_cpu, mb) != NO_FARGATE_SIZE]
        if self.task_memory_mb not in sizes:
            listed = ", ".join(map(str, sizes))
            raise ValueError(
                f"task_memory_mb: expected one of {listed} with task_cpu: {self.task_cpu}, found {self.task_memory_mb}"
            )
        if self.egress == "endpoints" and self.s3_prefix_list is None:
            raise ValueError("s3_prefix_list: expected with egress: endpoints, found nothing")
        return self


class Backup(Section):
    """Backups of tables and buckets; nobody can delete one before its time."""

    daily_kept_days: int = Field(default=35, ge=1, le=365, description="days that the backup of a day is kept")
    monthly_kept_days: int = Field(default=365, ge=1, le=3650, description="days that the first of a month is kept")
    copy_region: Region | None = Field(default=None, description="a second region, which gets a copy of each")
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    compliance_after_days: int | None = Field(
        default=None,
        ge=3,
        le=36_500,
        description="days after which nobody at all can take the lock off; null lets administrators",
    )

    @model_validator(mode="after")
    def _keeps_months_longer(self) -> Self:
        if self.monthly_kept_days < self.daily_kept_days:
            raise ValueError(
                "monthly_kept_days: expected daily_kept_days at least, which the vault's lock holds, found"
                f" {self.monthly_kept_days}"
            )
        return self


class Guardrails(Section):
    """What watches over the account; once in an account, so in one of its environments.

    An account, or its organization, may have one of them already: each can be left to that.
    """

    budget: bool = Field(default=True, description="whether a budget tells when too much is spent")
    budget_usd_a_month: int | None = Field(
        default=None, ge=1, le=10_000_000, description="US dollars a month, for the whole account; a budget needs it"
    )
    alert_address_parameter: ParameterName | None = Field(
        default=None,
        description="the SSM parameter that holds the e-mail address for alarms of the budget; a budget needs it",
    )
    trail: bool = Field(default=True, description="whether CloudTrail keeps who changed what")
    trail_kept_days: int = Field(default=365, ge=90, le=3650, description="days that changes to the account are kept")
    threat_detection: bool = Field(default=True, description="whether GuardDuty looks for threats, one in a region")
    access_analyzer: bool = Field(
        default=True, description="whether what is shared with other accounts is found, one in a region"
    )

    @model_validator(mode="after")
    def _has_what_a_budget_needs(self) -> Self:
        for key in ("budget_usd_a_month", "alert_address_parameter"):
            if self.budget and getattr(self, key) is None:
                raise ValueError(f"{key}: missing; a budget needs it, and budget: false does without")
        return self


class Alarms(Section):
    """From when on something is wrong that people must know of; those about requests take back a release, too."""

    error_percent: float = Field(default=2, gt=0, le=100, description="of a service's requests that fail, in a minute")
    requests_min: int = Field(default=10, ge=1, le=100_000, description="requests below which no share is taken")
    function_errors: int = Field(
        default=3, ge=1, le=100_000, description="invocations that end in an error, in five minutes"
    )
    throttles: int = Field(default=10, ge=1, le=100_000, description="calls that AWS refuses, in five minutes")
    oldest_message_s: int = Field(default=3600, ge=60, le=1_209_600, description="seconds that a message waits")
    stream_lag_s: int = Field(default=300, ge=60, le=86_400, description="seconds that an event waits for the bus")


class Objectives(Section):
    """What each service promises its callers; alarms tell when that is in danger, and how soon."""

    availability_percent: float = Field(default=99.9, ge=90, le=99.999, description="of requests that do not fail")
    latency_ms: int = Field(default=1000, ge=10, le=30_000, description="milliseconds that a request takes at most")
    latency_percent: float = Field(default=99, ge=50, le=99.9, description="of requests, within latency_ms")
    window_days: int = Field(default=30, ge=7, le=90, description="days that availability is about")


class Canary(Section):
    """How a new version of a function gets its requests and messages: first some, then all, if nothing is wrong."""

    # https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
    percent: int = Field(default=10, ge=1, le=99, description="that the new version gets at first")
    minutes: int = Field(default=5, ge=1, le=2_880, description="until it gets all")


class SlackChannel(Section):
    """A channel of Slack that hears of alarms; neither id is a secret, and a workspace is joined once, by hand."""

    workspace: SlackWorkspaceId = Field(description="id of the workspace, such as T0123ABCD")
    channel: SlackChannelId = Field(description="id of the channel, such as C0123ABCD")
