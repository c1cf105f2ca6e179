"""A service's bucket, its key, and the grants on its objects."""

import json
from typing import Any

import pytest

from cdk.settings.environment import Environment
from cdk.settings.manifests import load_manifests
from tests.cdk.project import ALBUMS, PRINTS, Project
from tests.cdk.templates import Assembly, Json, Synthesize, Template


@pytest.fixture
def bucket(albums: Template) -> Json:
    return albums.only("AWS::S3::Bucket")


def objects(albums: Template, prefix: str) -> Json:
    bucket = {"Fn::GetAtt": [albums.logical_id("AWS::S3::Bucket"), "Arn"]}
    return {"Fn::Join": ["", [bucket, f"/{prefix}*"]]}


def test_objects_are_versioned_and_encrypted_with_a_rotated_key_of_the_service(albums: Template, bucket: Json) -> None:
    key = albums.logical_id("AWS::KMS::Key")
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert rule["BucketKeyEnabled"] is True
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]},
    }
    assert albums.only("AWS::KMS::Key")["EnableKeyRotation"] is True
    assert albums.only("AWS::KMS::Alias")["AliasName"] == "alias/platform-local-albums"


def test_a_bucket_is_closed_to_the_public_and_to_other_owners(bucket: Json) -> None:
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_a_bucket_refuses_plain_http_and_old_tls(albums: Template) -> None:
    statements = albums.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]

    denied = [statement["Condition"] for statement in statements if statement["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denied
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_pages_of_the_allowed_origins_may_use_signed_links_and_forms(
    bucket: Json, assembly: Assembly, local: Environment
) -> None:
    [rule] = bucket["CorsConfiguration"]["CorsRules"]
    assert local.gateway.allowed_origins
    assert rule["AllowedOrigins"] == list(local.gateway.allowed_origins)
    assert rule["AllowedMethods"] == ["GET", "HEAD", "POST", "PUT"]
    assert rule["ExposedHeaders"] == ["ETag"]

    assert "CorsConfiguration" not in assembly.stack("platform-prod-albums").only("AWS::S3::Bucket")


def test_objects_expire_as_the_manifest_declares(bucket: Json) -> None:
    assert bucket["LifecycleConfiguration"]["Rules"] == [
        {
            "Id": "replaced-and-unfinished",
            "Status": "Enabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 10},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            "ExpiredObjectDeleteMarker": True,
        },
        {"Id": "expire-drafts", "Status": "Enabled", "Prefix": "drafts/", "ExpirationInDays": 3},
    ]


def test_a_bucket_sends_events_without_a_function_of_the_cdk(albums: Template, bucket: Json) -> None:
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    names = {function["FunctionName"] for function in albums.resources("AWS::Lambda::Function")}
    assert names == {"platform-local-albums-viewer", "platform-local-albums-release-hook"}


def test_a_name_holds_account_and_region_since_all_buckets_share_one_space_of_names(
    assembly: Assembly, bucket: Json
) -> None:
    assert bucket["BucketName"] == "platform-local-albums-000000000000-eu-west-1"
    on_aws = assembly.stack("platform-prod-albums").only("AWS::S3::Bucket")["BucketName"]
    assert on_aws == {"Fn::Join": ["", ["platform-prod-albums-", {"Ref": "AWS::AccountId"}, "-eu-west-1"]]}


def test_a_function_may_do_what_it_lists_prefix_by_prefix(albums: Template) -> None:
    may = albums.granted("What platform-local-albums-viewer may do.")

    assert {action: resource for action, resource in may.items() if action.startswith("s3:")} == {
        "s3:GetObjectVersion": objects(albums, "drafts/"),
        "s3:DeleteObject": objects(albums, "drafts/"),
        "s3:PutObject": objects(albums, "photos/"),
    }
    assert albums.variables("platform-local-albums-viewer")["BUCKET_NAME"] == {
        "Ref": albums.logical_id("AWS::S3::Bucket")
    }


def key_statement(template: Template, function: str) -> Json:
    role = {"Ref": template.logical_id("AWS::IAM::Role", Description=f"What platform-local-{function} may do.")}
    [found] = [
        statement
        for policy in template.resources("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if role in policy["Roles"] and "s3." in json.dumps(statement.get("Condition", {}))
    ]
    return dict(found)


def test_a_function_may_use_the_key_for_what_it_does_through_s3_alone(albums: Template) -> None:
    statement = key_statement(albums, "albums-viewer")

    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Resource"] == {"Fn::GetAtt": [albums.logical_id("AWS::KMS::Key"), "Arn"]}
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def test_another_service_may_read_below_the_prefix_that_it_names_and_nothing_else(assembly: Assembly) -> None:
    prints = assembly.stack("platform-local-prints")
    name = {"Fn::ImportValue": "platform-local-albums:BucketName"}
    may = prints.granted("What platform-local-prints-printer may do.")
    allowed: dict[str, Any] = {action: resource for action, resource in may.items() if action.startswith("s3:")}

    assert allowed.keys() == {"s3:GetObject", "s3:GetObjectVersion"}
    assert json.dumps(allowed["s3:GetObject"]).endswith(f'{json.dumps(name)}, "/photos/*"]]}}')
    assert key_statement(prints, "prints-printer")["Action"] == "kms:Decrypt"
    assert key_statement(prints, "prints-printer")["Resource"] == {"Fn::ImportValue": "platform-local-albums:KeyArn"}
    assert prints.variables("platform-local-prints-printer")["ALBUMS_BUCKET_NAME"] == name


def test_another_service_may_put_below_the_prefix_that_it_names_and_read_nothing(assembly: Assembly) -> None:
    prints = assembly.stack("platform-local-prints")
    name = {"Fn::ImportValue": "platform-local-albums:BucketName"}
    may = prints.granted("What platform-local-prints-framer may do.")
    allowed: dict[str, Any] = {action: resource for action, resource in may.items() if action.startswith("s3:")}

    assert allowed.keys() == {"s3:PutObject"}
    assert json.dumps(allowed["s3:PutObject"]).endswith(f'{json.dumps(name)}, "/drafts/*"]]}}')
    statement = key_statement(prints, "prints-framer")
    assert statement["Action"] == "kms:GenerateDataKey"
    assert statement["Resource"] == {"Fn::ImportValue": "platform-local-albums:KeyArn"}
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    assert prints.variables("platform-local-prints-framer")["ALBUMS_BUCKET_NAME"] == name


def test_a_service_that_only_writes_also_imports_the_bucket_and_is_deployed_after_it(
    synthesize: Synthesize, project: Project, local: Environment
) -> None:
    project.add_service("albums", ALBUMS, "viewer")
    project.add_service("prints", PRINTS.replace("reads_buckets", "# reads_buckets"), "printer", "framer")

    found = synthesize(load_manifests(project.folder), [local])

    manifest = json.loads((found.folder / "manifest.json").read_text("utf-8"))
    assert "platform-local-albums" in manifest["artifacts"]["platform-local-prints"]["dependencies"]


def test_what_a_reader_imports_is_exported_and_deployed_first(assembly: Assembly, albums: Template) -> None:
    exported = {output["Export"]["Name"] for output in albums.content["Outputs"].values() if "Export" in output}
    manifest = json.loads((assembly.folder / "manifest.json").read_text("utf-8"))

    assert exported == {"platform-local-albums:BucketName", "platform-local-albums:KeyArn"}
    assert "platform-local-albums" in manifest["artifacts"]["platform-local-prints"]["dependencies"]


def test_new_objects_below_the_prefixes_start_the_function_through_a_queue(albums: Template) -> None:
    rule = albums.only("AWS::Events::Rule")
    queue = albums.logical_id("AWS::SQS::Queue", QueueName="platform-local-albums-viewer")

    assert "EventBusName" not in rule
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": albums.logical_id("AWS::S3::Bucket")}]},
            "object": {"key": [{"prefix": "drafts/"}, {"prefix": "photos/"}]},
        },
    }
    assert rule["Targets"][0]["Arn"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert albums.only("AWS::SQS::Queue", QueueName="platform-local-albums-viewer")["VisibilityTimeout"] == 6 * 20
    assert albums.only("AWS::Lambda::EventSourceMapping")["EventSourceArn"] == {"Fn::GetAtt": [queue, "Arn"]}
