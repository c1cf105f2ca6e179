"""The targets of target groups."""

from ministack.services import alb, lambda_svc

from tests.local.embedded_aws.resources import HANDLERS, create, function

TYPE = "AWS::ElasticLoadBalancingV2::TargetGroup"


def test_targets_are_registered_only_if_the_load_balancer_may_invoke_them() -> None:
    tried = {**function(""), "aliases": {}, "versions": {}, "policy": {"Statement": []}}
    lambda_svc._functions["tried"] = tried
    arn = tried["config"]["FunctionArn"]
    group = {"Name": "g", "TargetType": "lambda", "Targets": [{"Id": arn}]}
    refused = ""
    try:
        create(TYPE, group)
    except ValueError as error:
        refused = str(error)
    assert "elasticloadbalancing.amazonaws.com has no permission to invoke" in refused

    tried["policy"]["Statement"].append(
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Principal": {"Service": "elasticloadbalancing.amazonaws.com"},
            "Resource": arn,
        }
    )
    group_arn, _ = create(TYPE, group)
    assert [target["Id"] for target in alb._targets[group_arn]] == [arn]

    HANDLERS[TYPE]["update"](group_arn, group, {**group, "Targets": []}, "s", "L")
    assert alb._targets[group_arn] == []
