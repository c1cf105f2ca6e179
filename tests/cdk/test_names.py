"""Two environments share an account without a name in common."""

import json
from collections.abc import Iterator

from tests.cdk.templates import Assembly, Template

# Names within a function, a pool, a role, a cluster or a network, not within the account.
WITHIN_ANOTHER = {
    ("AWS::CloudWatch::Alarm", "MetricName"),
    ("AWS::Cognito::UserPoolClient", "ClientName"),
    ("AWS::Cognito::UserPoolGroup", "GroupName"),
    ("AWS::Cognito::UserPoolResourceServer", "Name"),
    ("AWS::EC2::VPCEndpoint", "ServiceName"),
    ("AWS::ECS::Service", "ServiceName"),
    ("AWS::IAM::Policy", "PolicyName"),
    ("AWS::Lambda::Alias", "Name"),
}


def names(template: Template) -> Iterator[tuple[str, str]]:
    """List what resources are called by, where the template says it."""
    for resource in template.content["Resources"].values():
        for key, value in resource.get("Properties", {}).items():
            is_reference = isinstance(value, dict) and not {"Fn::Join", "Fn::Sub"} & value.keys()
            if key.endswith("Name") and not is_reference and (resource["Type"], key) not in WITHIN_ANOTHER:
                yield resource["Type"], json.dumps(value)
    for output in template.content.get("Outputs", {}).values():
        if "Export" in output:
            yield "export", json.dumps(output["Export"]["Name"])


def test_no_name_is_that_of_another_environment_s_resource(assembly: Assembly) -> None:
    of = {
        environment: {
            name
            for stack, template in assembly.stacks().items()
            if stack.startswith(f"platform-{environment}-")
            for name in names(template)
        }
        for environment in ("dev", "prod")
    }

    assert {kind for kind, _ in of["dev"]} >= {"export", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"}
    assert of["dev"] & of["prod"] == set()
