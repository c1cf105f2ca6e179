"""The prefix list of S3, which the egress rule of the gateway's tasks needs with `egress: endpoints`.

CloudFormation accepts any list that exists. With another list than that of S3, no task can pull its image.
"""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Finding, ok, problem
from operate.target import Target


def check_prefix_list(target: Target, account: Account) -> Iterator[Finding]:
    """Check that the environment's prefix list is that of S3 in its region."""
    environment = target.environment
    region, given = environment.region, environment.edge.s3_prefix_list
    if environment.edge.egress != "endpoints":
        return
    expected = account.prefix_list(region, f"com.amazonaws.{region}.s3")
    if given == expected:
        yield ok(f"{given} is the prefix list of S3 in {region}")
    else:
        remedy = f"set `edge.s3_prefix_list: {expected}` in cdk/environments/{environment.name}.yaml"
        yield problem(f"{given} is not the prefix list of S3 in {region}", remedy=remedy)
