"""Whether what templates refer to is there, and whether what they make is not."""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Check, Finding, ok, warning, wrong
from operate.checks.plan import Plan

# AWS makes them when a service is first used in an account, mostly; ECS then fails now and then:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
_ROLES = {
    "AWS::ECS::Service": ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        "elasticloadbalancing.amazonaws.com",
        "AWSServiceRoleForElasticLoadBalancing",
    ),
}
_BACKED_UP = {"AWS::DynamoDB::Table": "DynamoDB", "AWS::S3::Bucket": "S3"}


def _parameters(plan: Plan, account: Account) -> Iterator[Finding]:
    for region, name in plan.parameters:
        if account.parameter(region, name) is None:
            do = f"aws ssm put-parameter --region {region} --name {name} --type String --value …"
            yield wrong(f"the parameter {name} is missing in {region}", do=do)
        else:
            yield ok(f"the parameter {name} is there")


def _prefix_lists(plan: Plan, account: Account) -> Iterator[Finding]:
    for stack in plan.stacks:
        for each in plan.properties("AWS::EC2::SecurityGroupEgress", [stack]):
            given = each.get("DestinationPrefixListId")
            if not isinstance(given, str):
                continue
            name = f"com.amazonaws.{stack.region}.s3"
            found = account.prefix_list(stack.region, name)
            if found == given:
                yield ok(f"{given} is the prefix list of S3 in {stack.region}")
            else:
                its_own = found or f"what `aws ec2 describe-managed-prefix-lists --region {stack.region}` names {name}"
                do = f"set `edge.s3_prefix_list` in cdk/environments/{plan.environment.name}.yaml to {its_own}"
                yield wrong(f"{given} is not the prefix list of S3 in {stack.region}", do=do)


def _detectors(plan: Plan, account: Account) -> Iterator[Finding]:
    for stack in plan.stacks:
        if not stack.of_type("AWS::GuardDuty::Detector") or stack.name in account.stacks(stack.region):
            continue
        if found := account.detectors(stack.region):
            do = f"leave `guardrails` out of cdk/environments/{plan.environment.name}.yaml, or delete the detector"
            yield wrong(f"{stack.region} has a GuardDuty detector already, {found[0]}, and can have one", do=do)
        else:
            yield ok(f"{stack.region} has no GuardDuty detector yet")


def _roles(plan: Plan, account: Account) -> Iterator[Finding]:
    for resource_type, (service, role) in _ROLES.items():
        if not plan.properties(resource_type):
            continue
        if account.has_role(role):
            yield ok(f"the role {role} is there")
        else:
            do = f"aws iam create-service-linked-role --aws-service-name {service}"
            yield warning(f"the role {role} is missing; AWS makes it with the first use, which then may fail", do=do)


def _backups(plan: Plan, account: Account) -> Iterator[Finding]:
    if not plan.properties("AWS::Backup::BackupSelection"):
        return
    kinds = [kind for resource_type, kind in _BACKED_UP.items() if plan.properties(resource_type)]
    for region in sorted({stack.region for stack in plan.stacks if stack.of_type("AWS::Backup::BackupVault")}):
        chosen = account.backed_up(region)
        missing = [kind for kind in kinds if not chosen.get(kind)]
        if missing:
            preference = ",".join(f"{kind}=true" for kind in missing)
            do = (
                f"aws backup update-region-settings --region {region} --resource-type-opt-in-preference {preference}"
                " --resource-type-management-preference DynamoDB=true"
            )
            yield wrong(f"AWS Backup does not handle {', '.join(missing)} in {region}", do=do)
        else:
            yield ok(f"AWS Backup handles {', '.join(kinds)} in {region}")


def _names(plan: Plan, account: Account) -> Iterator[Finding]:
    """Look whether the names are free of what a stack makes that is not there yet."""
    deployed = {region: account.stacks(region) for region in plan.regions}
    number, taken, free = account.identity(), False, 0
    for resource_type, key, is_taken in (
        ("AWS::S3::Bucket", "BucketName", lambda _, name: account.bucket_owner(name) is not None),
        ("AWS::DynamoDB::Table", "TableName", account.has_table),
        ("AWS::Logs::LogGroup", "LogGroupName", account.has_log_group),
    ):
        for stack, name in plan.named(resource_type, key, number):
            if stack.name in deployed[stack.region]:
                continue
            if is_taken(stack.region, name):
                taken = True
                do = "delete it, or import it: https://docs.aws.amazon.com/cdk/v2/guide/resource-import.html"
                yield wrong(f"{resource_type} {name} is there already, and {stack.name} would make it", do=do)
            else:
                free += 1
    if not taken:
        yield ok(f"the names of {free} buckets, tables and log groups are free")


CHECKS = (
    Check(name="parameters", look=_parameters),
    Check(name="prefix lists", look=_prefix_lists),
    Check(name="detectors", look=_detectors),
    Check(name="roles", look=_roles),
    Check(name="backups", look=_backups),
    Check(name="names", look=_names),
)
