"""What differs between deployments: the schema of `cdk/environments/<name>.yaml`, with every default."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from cdk.configuration_error import ConfigurationError, problems_of

PROJECT_NAME = "platform"
ENVIRONMENTS = Path(__file__).resolve().parent / "environments"

Architecture = Literal["host", "arm64", "x86_64"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,7}$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
Domain = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$", max_length=200)]
Cidr = Annotated[str, StringConstraints(pattern=r"^10\.[0-9]{1,3}\.0\.0/16$")]
HostedZoneId = Annotated[str, StringConstraints(pattern=r"^Z[A-Z0-9]{1,31}$")]
# https://www.rfc-editor.org/rfc/rfc6454#section-6.2: no path, no query.
Origin = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+(:[0-9]{2,5})?$", max_length=200)]
IntegrationName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,23}$")]
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,13}/(read|write)$")]
PrefixListId = Annotated[str, StringConstraints(pattern=r"^pl-[0-9a-f]{8,17}$")]
ParameterName = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.-]+)+$", max_length=200)]
ResourceType = Annotated[str, StringConstraints(pattern=r"^(AWS|Custom)::[A-Za-z0-9:]+$")]
# No word of a reason is longer, and hardly a token or key is shorter: an AWS access key id has 20 characters.
LONGEST_WORD = 19

# The only periods that CloudWatch Logs takes, up to ten years:
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3653
]


def _without_secret(reason: str) -> str:
    if any(len(word) > LONGEST_WORD for word in reason.split()):
        # What was found is not repeated: it may be a secret, and this is printed.
        raise ValueError(
            f"expected words of {LONGEST_WORD} characters at most; a longer one may be a secret, which belongs into AWS"
            " Secrets Manager",
        )
    return reason


Reason = Annotated[str, StringConstraints(min_length=10), AfterValidator(_without_secret)]


class Section(BaseModel):
    """A part of the file: nothing unknown in it, and never changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Gateway(Section):
    """What Traefik lets through, and when it protects a service."""

    rate_average_per_s: int = Field(default=50, ge=1, le=100_000, description="requests a second and client")
    rate_burst: int = Field(default=100, ge=1, le=100_000, description="requests at once and client")
    in_flight: int = Field(default=128, ge=1, le=10_000, description="requests under way per client")
    body_limit_bytes: int = Field(default=1_000_000, ge=1, le=1_000_000, description="of a request; Lambda takes 1 MB")
    attempts: int = Field(default=2, ge=1, le=5, description="tries of a safe method, the first one included")
    retry_interval_ms: int = Field(default=100, ge=1, le=5_000, description="milliseconds before the second try")
    breaker_error_ratio: float = Field(default=0.5, gt=0, le=1, description="share of failures that opens the breaker")
    breaker_open_s: int = Field(default=3, ge=1, le=300, description="seconds before an open breaker lets some through")
    hsts_s: int = Field(default=31_536_000, ge=0, le=63_072_000, description="seconds that browsers insist on HTTPS")


class Edge(Section):
    """How the gateway runs on AWS: Traefik's tasks, their way out, and what the firewall lets through."""

    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
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
            raise ValueError("tasks_max: expected tasks_min or more")
        if self.egress == "endpoints" and self.s3_prefix_list is None:
            raise ValueError("s3_prefix_list: expected with egress: endpoints")
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
            raise ValueError("monthly_kept_days: expected daily_kept_days at least, which the vault's lock holds")
        return self


class Guardrails(Section):
    """What watches over the account; once in an account, so in one of its environments."""

    budget_usd_a_month: int = Field(ge=1, le=10_000_000, description="US dollars a month, for the whole account")
    alert_address_parameter: ParameterName = Field(
        description="the SSM parameter that holds the e-mail address for alarms of the budget"
    )
    trail_kept_days: int = Field(default=365, ge=90, le=3650, description="days that changes to the account are kept")


class Environment(Section):
    """One deployment of the whole platform."""

    name: EnvironmentName
    account: AccountId | None = Field(default=None, description="null takes the account of the caller's credentials")
    region: Region = Field(description="where everything is deployed, such as eu-west-1")
    architecture: Architecture = Field(default="arm64", description="of the functions; host is this machine's")
    domain: Domain = Field(description="the domain below which the platform is served")
    hosted_zone_id: HostedZoneId = Field(description="the public zone of the domain; it proves the certificates")
    origin: Origin | None = Field(default=None, description="where clients call, if that is not https://<domain>")
    integrations: dict[IntegrationName, tuple[Scope, ...]] = Field(
        default={}, description="machine client to its scopes, such as users/read"
    )
    vpc_cidr: Cidr = Field(default="10.20.0.0/16", description="the addresses of the network")
    availability_zones: int = Field(default=2, ge=2, le=3, description="number of zones that the network spans")
    snap_start: bool = Field(
        default=True, description="whether HTTP functions start from snapshots of what has started already"
    )
    reserved_concurrency: bool = Field(
        default=True, description="whether functions get what their manifests reserve of the account's concurrency"
    )
    log_retention_days: RetentionDays = Field(default=30, description="days that logs are kept")
    log_level: LogLevel = Field(default="INFO", description="the least severe of what functions log")
    event_archive_days: int = Field(default=30, ge=1, le=3650, description="days that events can be replayed")
    removal: Literal["retain", "destroy"] = Field(default="retain", description="of data, when their stack is deleted")
    gateway: Gateway = Gateway()
    edge: Edge = Edge()
    backup: Backup | None = Field(default=None, description="backups beside the tables' own of the last 35 days")
    guardrails: Guardrails | None = Field(default=None, description="budget, CloudTrail, GuardDuty, access analyzer")
    left_out: dict[ResourceType, Reason] = Field(default={}, description="type of resource to reason")

    @property
    def prefix(self) -> str:
        """What the names of this deployment's stacks and resources begin with."""
        return f"{PROJECT_NAME}-{self.name}"

    @property
    def url(self) -> str:
        """Where clients call."""
        return self.origin or f"https://{self.domain}"

    def served_at(self, origin: str) -> "Environment":
        """Return the same environment, called elsewhere."""
        return self.model_validate({**self.model_dump(), "origin": origin})

    @property
    def retains(self) -> bool:
        """Whether data outlives its stack."""
        return self.removal == "retain"


def environment_names(folder: Path = ENVIRONMENTS) -> list[str]:
    """List the environments there are."""
    return sorted(file.stem for file in folder.glob("*.yaml"))


def load_environment(name: str | None, folder: Path = ENVIRONMENTS) -> Environment:
    """Read one environment's file.

    Raises:
        ConfigurationError: No such environment, or with every problem of its file.
    """
    known = environment_names(folder)
    if name not in known:
        raise ConfigurationError(
            [f"-c environment: expected one of: {', '.join(known)}; found {name or 'nothing'}"],
        )
    file = folder / f"{name}.yaml"
    shown = f"{folder.parent.name}/{folder.name}/{file.name}"
    try:
        document: Any = yaml.safe_load(file.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{shown}: expected YAML in UTF-8: {error}"]) from error
    if not isinstance(document, dict):
        raise ConfigurationError([f"{shown}: expected keys and values, found {document!r}"])
    if "name" in document:
        raise ConfigurationError([f"{shown}: name: unknown key; an environment is named as its file"])
    try:
        return Environment.model_validate({**document, "name": name})
    except ValidationError as error:
        raise ConfigurationError(problems_of(shown, Environment, error)) from error
