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
# Of what a region can have one, by its type: its name, and the switch in the environment's file.
_ONE_A_REGION = {
    "AWS::GuardDuty::Detector": ("GuardDuty detector", "threat_detection"),
    "AWS::AccessAnalyzer::Analyzer": ("access analyzer of the account", "access_analyzer"),
}
_BACKED_UP = {"AWS::DynamoDB::Table": "DynamoDB", "AWS::S3::Bucket": "S3"}
_TO_BE_MANAGED = frozenset({"DynamoDB"})


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


def _guards(plan: Plan, account: Account) -> Iterator[Finding]:
    """Look whether the account, or its organization, has one of what a region can have one of."""
    for stack in plan.stacks:
        for resource_type, (what, switch) in _ONE_A_REGION.items():
            if not stack.of_type(resource_type) or stack.name in account.stacks(stack.region):
                continue
            found = account.detectors(stack.region) if "GuardDuty" in what else account.analyzers(stack.region)
            if found:
                file = f"cdk/environments/{plan.environment.name}.yaml"
                do = f"leave it to that one: set `guardrails.{switch}: false` in {file}; or delete {found[0]}"
                yield wrong(f"{stack.region} has a {what} already, {found[0]}, and can have one", do=do)
            else:
                yield ok(f"{stack.region} has no {what} yet")


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
        backed_up, managed = account.backed_up(region), account.managed_by_backup(region)
        missing = [kind for kind in kinds if not backed_up.get(kind)]
        # Only what AWS Backup manages by itself is encrypted with the vault's key and copied to another region:
        # https://docs.aws.amazon.com/aws-backup/latest/devguide/advanced-ddb-backup.html
        unmanaged = [kind for kind in kinds if kind in _TO_BE_MANAGED and not managed.get(kind)]
        preferences = {"opt-in": missing, "management": unmanaged}
        asked = "".join(
            f" --resource-type-{preference}-preference {','.join(f'{kind}=true' for kind in wanted)}"
            for preference, wanted in preferences.items()
            if wanted
        )
        do = f"aws backup update-region-settings --region {region}{asked}"
        if missing:
            yield wrong(f"AWS Backup does not handle {', '.join(missing)} in {region}", do=do)
        if unmanaged:
            yield wrong(f"AWS Backup does not manage backups of {', '.join(unmanaged)} by itself in {region}", do=do)
        if not missing and not unmanaged:
            yield ok(f"AWS Backup handles {', '.join(kinds)} in {region}")


def _names(plan: Plan, account: Account) -> Iterator[Finding]:
    """Look whether the names are free of what a stack makes that is not there yet."""
    deployed = {region: account.stacks(region) for region in plan.regions}
    number, taken, free = account.identity(), False, 0
    for resource_type, key, is_taken in (
        ("AWS::S3::Bucket", "BucketName", lambda _, name: account.bucket_owner(name) is not None),
        ("AWS::DynamoDB::Table", "TableName", account.has_table),
        ("AWS::Logs::LogGroup", "LogGroupName", account.has_log_group),
        ("AWS::Backup::BackupVault", "BackupVaultName", account.has_vault),
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
        yield ok(f"the names of {free} buckets, tables, log groups and vaults are free")


CHECKS = (
    Check(name="parameters", look=_parameters),
    Check(name="prefix lists", look=_prefix_lists),
    Check(name="detectors", look=_guards),
    Check(name="roles", look=_roles),
    Check(name="backups", look=_backups),
    Check(name="names", look=_names),
)
