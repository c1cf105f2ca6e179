"""The flag `past_alarms` of the CDK's context: a deployment that alarms do not stop, for a fix while they are on."""

from typing import Any

from constructs import Construct

from cdk.settings.configuration_error import ConfigurationError

CONTEXT_KEY = "past_alarms"


def goes_past_alarms(scope: Construct) -> bool:
    """Return True if releases of this deployment watch no alarms.

    CodeDeploy stops a deployment while an alarm that its group watches is in ALARM.

    Raises:
        ConfigurationError: The flag is neither true nor false.
    """
    # The CDK's command line passes text.
    given: Any = scope.node.try_get_context(CONTEXT_KEY)
    match given:
        case None | False | "false":
            return False
        case True | "true":
            return True
        case _:
            raise ConfigurationError([f"-c {CONTEXT_KEY}: expected true or false; found {given!r}"])
