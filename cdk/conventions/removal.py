"""Removal policies of data: on deletion of their stack, and on a failed creation."""

from aws_cdk import RemovalPolicy

from cdk.settings.environment import Environment


def removal_of(environment: Environment) -> RemovalPolicy:
    """Return the policy by which CloudFormation keeps the data of an environment, or deletes them with their stack.

    A resource that is kept is still deleted if its first deployment fails: it has no data yet, and its name would block
    the next attempt.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if environment.retains else RemovalPolicy.DESTROY


def removal_of_versions(environment: Environment) -> RemovalPolicy:
    """Return the policy that keeps a replaced version of a function if releases can be taken back to it.

    `make prune` deletes old versions. A deleted function has no versions, so nothing outlives its stack but in an
    environment that retains data. A laptop keeps none: it deploys each saved change.
    """
    takes_back = environment.canary is not None and environment.architecture != "host"
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if takes_back else removal_of(environment)


def removal_of_protected(environment: Environment) -> RemovalPolicy:
    """Return the same for resources with deletion protection, such as tables and user pools.

    CloudFormation keeps them even after a failed first deployment: a rollback that tried to delete one would fail, and
    the stack would have to be repaired by hand.
    """
    return RemovalPolicy.RETAIN if environment.retains else RemovalPolicy.DESTROY
