"""Resources that an environment does without, noted in the stack's own template for everybody to read."""

from typing import get_args

from aws_cdk import Stack
from constructs import Construct

from cdk.settings.environment import Environment
from cdk.settings.environment_sections import LeftOutType

METADATA_KEY = "LeftOut"


def has(scope: Construct, environment: Environment, resource_type: str) -> bool:
    """Say whether the environment has this type of resource; if not, note the reason in the stack's metadata.

    Raises:
        ValueError: No environment file could name it: `LeftOutType` does not.
    """
    if resource_type not in get_args(LeftOutType):
        raise ValueError(f"{resource_type} is not among the types that an environment can leave out")
    reason = {str(kind): why for kind, why in environment.left_out.items()}.get(resource_type)
    if reason is None:
        return True
    options = Stack.of(scope).template_options
    metadata = dict(options.metadata or {})
    metadata[METADATA_KEY] = {**metadata.get(METADATA_KEY, {}), resource_type: reason}
    options.metadata = metadata
    return False
