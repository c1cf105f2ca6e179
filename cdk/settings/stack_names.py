"""The names of shared stacks; a service cannot have one of these, because its own stack would have the same name."""

from enum import StrEnum

from cdk.settings.environment import Environment


class SharedStack(StrEnum):
    """The last part of the name of each shared stack; an environment may lack some of the stacks."""

    ALARMS = "alarms"
    BACKUP = "backup"
    BACKUP_COPIES = "backup-copies"
    CHAT = "chat"
    DASHBOARD = "dashboard"
    EVENTS = "events"
    GATEWAY = "gateway"
    GUARDRAILS = "guardrails"
    IDENTITY = "identity"
    INTEGRATIONS = "integrations"
    NETWORK = "network"

    def of(self, environment: Environment) -> str:
        """Return the full name of the stack in an environment."""
        return f"{environment.prefix}-{self}"


# The alias of the account trail's key, named like the alias of a service's key.
TRAIL = "trail"
# Reserved in every environment, with or without the stack.
RESERVED = frozenset({*map(str, SharedStack), TRAIL})
