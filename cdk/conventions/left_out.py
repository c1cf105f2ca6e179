"""Resource types that an environment leaves out, each with the reason in the metadata of the stack that lacks it."""

from typing import get_args

from aws_cdk import Stack
from constructs import Construct

from cdk.settings.environment import Environment
from cdk.settings.environment_sections import LeftOutType

METADATA_KEY = "LeftOut"


def is_left_out(scope: Construct, environment: Environment, resource_type: str) -> bool:
    """Return True if the environment leaves this resource type out; then add the reason to the stack's metadata.

    Raises:
        ValueError: The type is not in `LeftOutType`, so no environment file can name it.
    """
    if resource_type not in get_args(LeftOutType):
        raise ValueError(f"{resource_type} is not among the types that an environment can leave out")
    reason = {str(kind): why for kind, why in environment.left_out.items()}.get(resource_type)
    if reason is None:
        return False
    options = Stack.of(scope).template_options
    metadata = dict(options.metadata or {})
    metadata[METADATA_KEY] = {**metadata.get(METADATA_KEY, {}), resource_type: reason}
    options.metadata = metadata
    return True
