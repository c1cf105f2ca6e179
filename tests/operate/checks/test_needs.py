"""Whether what templates refer to is there, and what they make is not."""

from operate.checks.needs import CHECKS
from operate.checks.plan import resolve
from operate.deployed.synthesis import Stack
from tests.operate.checks.fakes import ACCOUNT, HERE, FakeAccount, found, named, plan, states
from tests.operate.pricing.resources import stack

BUCKET = {"Fn::Join": ["", ["platform-dev-files-", {"Ref": "AWS::AccountId"}, "-eu-west-1"]]}
NAMED = stack(
    {
        "Bucket": ("AWS::S3::Bucket", {"BucketName": BUCKET}),
        "Table": ("AWS::DynamoDB::Table", {"TableName": "platform-dev-files"}),
        "Logs": ("AWS::Logs::LogGroup", {"LogGroupName": "/aws/lambda/platform-dev-files-api"}),
        "Vault": ("AWS::Backup::BackupVault", {"BackupVaultName": "platform-dev"}),
        "Unnamed": ("AWS::S3::Bucket", {}),
    }
)
GUARD = stack({"Detector": ("AWS::GuardDuty::Detector", {})})
DEPLOYED = {"platform-dev-things": "CREATE_COMPLETE"}


def test_a_parameter_that_templates_read_must_be_there() -> None:
    parameters = {
        "Address": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/platform/dev/address"},
        "Bootstrap": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/boot"},
        "Typed": {"Type": "String"},
    }
    of = plan(Stack(name="s", region=HERE, template={"Parameters": parameters}, bootstrap_parameter="/boot"))

    there = FakeAccount(parameters={(HERE, "/platform/dev/address"): "a@shop.io"})
    assert states(found(named(CHECKS, "parameters"), of, there)) == ["ok"]
    [missing] = found(named(CHECKS, "parameters"), of, FakeAccount())
    assert missing.state == "wrong"
    assert missing.do.startswith("aws ssm put-parameter --region eu-west-1 --name /platform/dev/address")


def test_the_prefix_list_must_be_the_one_of_s3_in_the_region() -> None:
    of = plan(stack({"Out": ("AWS::EC2::SecurityGroupEgress", {"DestinationPrefixListId": "pl-1"})}))

    for found_there, state in (("pl-1", "ok"), ("pl-2", "wrong")):
        account = FakeAccount(prefix_lists={"com.amazonaws.eu-west-1.s3": found_there})
        assert states(found(named(CHECKS, "prefix lists"), of, account)) == [state]
    [unknown] = found(named(CHECKS, "prefix lists"), of, FakeAccount())
    assert unknown.do.endswith("describe-managed-prefix-lists --region eu-west-1` names com.amazonaws.eu-west-1.s3")


def test_a_second_detector_cannot_be_made() -> None:
    assert states(found(named(CHECKS, "detectors"), plan(GUARD), FakeAccount())) == ["ok"]
    assert states(found(named(CHECKS, "detectors"), plan(GUARD), FakeAccount(detector_ids=["d1"]))) == ["wrong"]
    [second] = found(named(CHECKS, "detectors"), plan(GUARD), FakeAccount(detector_ids=["d1"]))
    assert "set `guardrails.threat_detection: false` in cdk/environments/dev.yaml" in second.do
    own = FakeAccount(detector_ids=["d1"], states=DEPLOYED)
    assert found(named(CHECKS, "detectors"), plan(GUARD), own) == []


def test_a_second_analyzer_of_the_account_cannot_be_made() -> None:
    analyzer = plan(stack({"Analyzer": ("AWS::AccessAnalyzer::Analyzer", {})}))

    assert states(found(named(CHECKS, "detectors"), analyzer, FakeAccount(detector_ids=["d1"]))) == ["ok"]
    [second] = found(named(CHECKS, "detectors"), analyzer, FakeAccount(analyzer_names=["theirs"]))
    assert second.state == "wrong"
    assert "set `guardrails.access_analyzer: false`" in second.do


def test_a_missing_role_of_a_service_is_worth_a_warning() -> None:
    of = plan(stack({"Service": ("AWS::ECS::Service", {})}))

    assert states(found(named(CHECKS, "roles"), of, FakeAccount(role_names=["AWSServiceRoleForECS"]))) == ["ok"]
    [missing] = found(named(CHECKS, "roles"), of, FakeAccount())
    assert missing.state == "warning"
    assert missing.do == "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"


def test_aws_backup_must_handle_what_is_backed_up() -> None:
    of = plan(
        stack(
            {
                "Selection": ("AWS::Backup::BackupSelection", {}),
                "Vault": ("AWS::Backup::BackupVault", {}),
                "Table": ("AWS::DynamoDB::Table", {}),
                "Bucket": ("AWS::S3::Bucket", {}),
            }
        )
    )

    managed = {"DynamoDB": True}
    both = FakeAccount(backup={"DynamoDB": True, "S3": True}, managed=managed)
    assert states(found(named(CHECKS, "backups"), of, both)) == ["ok"]
    one = FakeAccount(backup={"DynamoDB": True, "S3": False}, managed=managed)
    [missing] = found(named(CHECKS, "backups"), of, one)
    assert missing.state == "wrong"
    assert missing.do.endswith("--region eu-west-1 --resource-type-opt-in-preference S3=true")
    assert found(named(CHECKS, "backups"), plan(), FakeAccount()) == []


def test_aws_backup_must_manage_what_it_copies_to_another_region() -> None:
    of = plan(
        stack(
            {
                "Selection": ("AWS::Backup::BackupSelection", {}),
                "Vault": ("AWS::Backup::BackupVault", {}),
                "Table": ("AWS::DynamoDB::Table", {}),
            }
        )
    )

    [unmanaged] = found(named(CHECKS, "backups"), of, FakeAccount(backup={"DynamoDB": True}))

    assert (unmanaged.state, unmanaged.do.partition(" --resource")[2]) == (
        "wrong",
        "-type-management-preference DynamoDB=true",
    )
    neither = found(named(CHECKS, "backups"), of, FakeAccount())
    assert states(neither) == ["wrong", "wrong"]
    assert "opt-in-preference DynamoDB=true --resource-type-management-preference DynamoDB=true" in neither[0].do


def test_a_name_that_is_taken_stops_the_stack_that_would_make_it() -> None:
    free = found(named(CHECKS, "names"), plan(NAMED), FakeAccount())
    assert [finding.said for finding in free] == ["the names of 4 buckets, tables, log groups and vaults are free"]

    for taken in (
        FakeAccount(buckets={f"platform-dev-files-{ACCOUNT}-eu-west-1": "other"}),
        FakeAccount(tables=["platform-dev-files"]),
        FakeAccount(log_groups=["/aws/lambda/platform-dev-files-api"]),
        FakeAccount(vaults=["platform-dev"]),
    ):
        assert states(found(named(CHECKS, "names"), plan(NAMED), taken)) == ["wrong"]
        taken.states = DEPLOYED
        assert states(found(named(CHECKS, "names"), plan(NAMED), taken)) == ["ok"]


def test_a_name_is_resolved_as_far_as_it_can_be_known() -> None:
    known = {"account": ACCOUNT, "region": HERE}

    assert resolve("plain", **known) == "plain"
    assert resolve({"Fn::Sub": "a-${AWS::AccountId}-${AWS::Region}"}, **known) == f"a-{ACCOUNT}-{HERE}"
    assert resolve(BUCKET, **known) == f"platform-dev-files-{ACCOUNT}-eu-west-1"
    assert resolve({"Fn::Sub": "a-${Bucket}"}, **known) is None
    assert resolve({"Fn::Join": ["", ["a", {"Ref": "Bucket"}]]}, **known) is None
    assert resolve({"Fn::ImportValue": "x"}, **known) is None
