"""What becomes of data when their stack is deleted, or when making it fails."""

from aws_cdk import RemovalPolicy

from cdk.settings.environment import Environment


def removal_of(environment: Environment) -> RemovalPolicy:
    """Answer what CloudFormation does with data of an environment: to keep them, or to delete them with their stack.

    What is kept is so from its first deployment on: where that fails and is rolled back, there are no data yet, and
    what stayed would be in the way of the next attempt by its name.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if environment.retains else RemovalPolicy.DESTROY


def removal_of_protected(environment: Environment) -> RemovalPolicy:
    """Answer the same for what is protected from deletion by itself, as tables and user pools are.

    A rollback could not delete it and would end there, with nothing but hand work to go on from; so it stays.
    """
    return RemovalPolicy.RETAIN if environment.retains else RemovalPolicy.DESTROY
