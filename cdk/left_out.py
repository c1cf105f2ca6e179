"""Resources that an environment does without, noted in the stack's own template for everybody to read."""

from aws_cdk import Stack
from constructs import Construct

from cdk.environment import Environment

METADATA_KEY = "LeftOut"


def has(scope: Construct, environment: Environment, resource_type: str) -> bool:
    """Say whether the environment has this type of resource; if not, note the reason in the stack's metadata."""
    reason = environment.left_out.get(resource_type)
    if reason is None:
        return True
    options = Stack.of(scope).template_options
    metadata = dict(options.metadata or {})
    metadata[METADATA_KEY] = {**metadata.get(METADATA_KEY, {}), resource_type: reason}
    options.metadata = metadata
    return False
