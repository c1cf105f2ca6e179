"""The schema of `cdk/environments/<name>.yaml`; `environment_sections.py` has the schemas of its sections."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from cdk.settings.configuration_error import ConfigurationError, problems_of
from cdk.settings.environment_sections import (
    Alarms,
    Backup,
    Canary,
    Edge,
    Gateway,
    Guardrails,
    LeftOutType,
    Objectives,
    Region,
    Section,
    SlackChannel,
)
from cdk.settings.yaml_loader import UniqueKeysLoader

PROJECT_NAME = "platform"
ENVIRONMENTS = Path(__file__).resolve().parents[1] / "environments"

Architecture = Literal["host", "arm64", "x86_64"]
# The network reserves addresses for this many zones, so that an environment can grow.
MOST_ZONES = 3
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,7}$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
# The common name of a certificate has at most 64 characters; the internal load balancer's is `internal.<domain>`:
# https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
LONGEST_DOMAIN = 64 - len("internal.")
Domain = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$", max_length=LONGEST_DOMAIN)
]
MailAddress = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,64}@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$", max_length=200),
]
Cidr = Annotated[str, StringConstraints(pattern=r"^10\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.0\.0/16$")]
HostedZoneId = Annotated[str, StringConstraints(pattern=r"^Z[A-Z0-9]{1,31}$")]
# https://www.rfc-editor.org/rfc/rfc6454#section-6.2: no path, no query.
Origin = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+(:[0-9]{2,5})?$", max_length=200)]
ChannelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]
IntegrationName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,23}$")]
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,13}/(read|write)$")]
# Tokens and keys are longer than words: an AWS access key id has 20 characters.
LONGEST_WORD = 19

# The only periods that CloudWatch Logs supports, up to ten years:
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3653
]


def _without_secret(reason: str) -> str:
    if any(len(word) > LONGEST_WORD for word in reason.split()):
        # The message does not repeat the word: it may be a secret, and messages are printed.
        raise ValueError(
            f"expected words of at most {LONGEST_WORD} characters; a longer one may be a secret. Keep secrets in AWS"
            " Secrets Manager",
        )
    return reason


Reason = Annotated[str, StringConstraints(min_length=10), AfterValidator(_without_secret)]


class Environment(Section):
    """One deployment of the whole platform."""

    name: EnvironmentName
    account: AccountId | None = Field(default=None, description="null: the account of the caller's credentials")
    region: Region = Field(description="the region of the deployment, such as eu-west-1")
    architecture: Architecture = Field(default="arm64", description="processor of the functions; host: this machine's")
    domain: Domain = Field(description="the domain that serves the platform")
    hosted_zone_id: HostedZoneId = Field(
        description="the public zone of the domain, in which certificates are validated"
    )
    origin: Origin | None = Field(default=None, description="the URL that clients call, if not https://<domain>")
    integrations: dict[IntegrationName, tuple[Scope, ...]] = Field(
        default={}, description="machine client to its scopes, such as users/read"
    )
    mail_from: MailAddress | None = Field(
        default=None,
        description="sender of the user pool's mails, of a domain that SES has verified; null: Cognito's own",
    )
    vpc_cidr: Cidr = Field(default="10.20.0.0/16", description="the address range of the network")
    availability_zones: int = Field(
        default=2, ge=2, le=MOST_ZONES, description="number of availability zones of the network"
    )
    snap_start: bool = Field(default=True, description="whether HTTP functions start from SnapStart's snapshots")
    reserved_concurrency: bool = Field(
        default=True, description="whether functions reserve the concurrency that their manifests request"
    )
    log_retention_days: RetentionDays = Field(default=30, description="days that CloudWatch keeps logs")
    log_level: LogLevel = Field(default="INFO", description="the lowest level that functions log")
    event_archive_days: int = Field(default=30, ge=1, le=3650, description="days for which events can be replayed")
    removal: Literal["retain", "destroy"] = Field(default="retain", description="of data, when their stack is deleted")
    gateway: Gateway = Gateway()
    edge: Edge = Edge()
    alarms: Alarms = Alarms()
    objectives: Objectives = Objectives()
    canary: Canary | None = Field(
        default=Canary(), description="traffic of a new version at first; null: all traffic at once"
    )
    chat: dict[ChannelName, SlackChannel] = Field(
        default={}, description="name to the Slack channel that receives alarms"
    )
    backup: Backup | None = Field(
        default=None, description="backups in addition to the tables' point-in-time recovery of 35 days"
    )
    guardrails: Guardrails | None = Field(default=None, description="budget, CloudTrail, GuardDuty, access analyzer")
    left_out: dict[LeftOutType, Reason] = Field(default={}, description="resource type to the reason to leave it out")

    @model_validator(mode="after")
    def _copies_backups_elsewhere(self) -> Self:
        if self.backup and self.backup.copy_region == self.region:
            raise ValueError(f"backup.copy_region: expected another region than the environment's own, {self.region}")
        return self

    @property
    def prefix(self) -> str:
        """The prefix of the names of stacks and resources."""
        return f"{PROJECT_NAME}-{self.name}"

    @property
    def url(self) -> str:
        """The URL that clients call."""
        return self.origin or f"https://{self.domain}"

    @property
    def fixed_settings(self) -> dict[str, str]:
        """The settings that a deployed network keeps for good, by the name of its stack's output."""
        return {
            "Domain": self.domain,
            "NetworkCidr": self.vpc_cidr,
            "AvailabilityZones": str(self.availability_zones),
        }

    def served_at(self, origin: str) -> "Environment":
        """Return the same environment with another URL for clients."""
        return self.model_validate({**self.model_dump(), "origin": origin})

    @property
    def is_embedded(self) -> bool:
        """True for the embedded AWS of a laptop; no real account has its number."""
        return self.account == "000000000000"

    @property
    def retains(self) -> bool:
        """True if data outlives its stack."""
        return self.removal == "retain"


def environment_names(folder: Path = ENVIRONMENTS) -> list[str]:
    """List the names of all environments."""
    return sorted(file.stem for file in folder.glob("*.yaml"))


def load_environment(name: str | None, folder: Path = ENVIRONMENTS) -> Environment:
    """Read one environment's file.

    Raises:
        ConfigurationError: The environment does not exist, or its file is wrong; the message lists every problem.
    """
    known = environment_names(folder)
    if name not in known:
        raise ConfigurationError(
            [f"-c environment: expected one of: {', '.join(known)}; found {name or 'nothing'}"],
        )
    file = folder / f"{name}.yaml"
    shown = f"{folder.parent.name}/{folder.name}/{file.name}"
    try:
        document: Any = yaml.load(file.read_text("utf-8"), UniqueKeysLoader) or {}  # noqa: S506 - it is a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{shown}: expected YAML in UTF-8: {error}"]) from error
    if not isinstance(document, dict):
        raise ConfigurationError([f"{shown}: expected keys and values, found {document!r}"])
    if "name" in document:
        raise ConfigurationError([f"{shown}: name: unknown key; the name of the file is the name of the environment"])
    try:
        return Environment.model_validate({**document, "name": name})
    except ValidationError as error:
        raise ConfigurationError(problems_of(shown, Environment, error, named_by_file="name")) from error
