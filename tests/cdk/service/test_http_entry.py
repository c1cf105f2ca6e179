"""From the load balancer to a service."""

from tests.cdk.templates import Template


def test_the_load_balancer_reaches_the_alias_with_every_value_of_a_header(orders: Template) -> None:
    alias = orders.logical_id("AWS::Lambda::Alias", FunctionName=orders.function("platform-local-orders-api"))
    group = orders.only("AWS::ElasticLoadBalancingV2::TargetGroup")

    assert group["Name"] == "platform-local-orders"
    assert group["Targets"] == [{"Id": {"Ref": alias}}]
    assert group["TargetGroupAttributes"] == [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]


def test_only_the_services_own_target_group_may_call_it(orders: Template) -> None:
    permission = orders.only("AWS::Lambda::Permission")

    assert permission["Principal"] == "elasticloadbalancing.amazonaws.com"
    assert permission["SourceArn"] == (
        "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/platform-local-orders/*"
    )


def test_the_rule_sends_the_services_path_and_what_is_below_it(orders: Template) -> None:
    rule = orders.only("AWS::ElasticLoadBalancingV2::ListenerRule")

    assert rule["Conditions"] == [
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/orders", "/orders/*"]}},
    ]
    assert 100 <= rule["Priority"] < 50_000


def test_a_service_without_http_has_no_way_in(ledger: Template) -> None:
    for resource_type in ("AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::Lambda::Permission", "AWS::Lambda::Url"):
        assert not ledger.resources(resource_type)
