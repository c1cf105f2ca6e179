"""What the services share, by name: stacks of the environment are named as services' are, so no service has these."""

from enum import StrEnum

from cdk.settings.environment import Environment


class SharedStack(StrEnum):
    """The last part of the name of each stack that is no service's; an environment has most of them."""

    ALARMS = "alarms"
    BACKUP = "backup"
    BACKUP_COPIES = "backup-copies"
    DASHBOARD = "dashboard"
    EVENTS = "events"
    GATEWAY = "gateway"
    GUARDRAILS = "guardrails"
    IDENTITY = "identity"
    INTEGRATIONS = "integrations"
    NETWORK = "network"

    def of(self, environment: Environment) -> str:
        """Return the whole name of the stack in an environment."""
        return f"{environment.prefix}-{self}"


# The key of the account's trail, whose alias is named as that of a service's key.
TRAIL = "trail"
# In every environment, whether it has the stack today or not.
RESERVED = frozenset({*map(str, SharedStack), TRAIL})
