"""The public entry from the Internet."""

from tests.cdk.templates import Assembly, Template


def test_the_domain_leads_to_the_public_load_balancer(gateway: Template) -> None:
    balancer = gateway.only("AWS::ElasticLoadBalancingV2::LoadBalancer")

    assert balancer["Scheme"] == "internet-facing"
    assert gateway.only("AWS::Route53::RecordSet")["Name"] == "example.com."
    assert gateway.only("AWS::CertificateManager::Certificate")["DomainName"] == "example.com"


def test_it_accepts_only_tls_1_2_or_newer_and_logs_requests(gateway: Template) -> None:
    listener = gateway.only("AWS::ElasticLoadBalancingV2::Listener", Port=443)
    balancer = gateway.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    attributes = {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}

    # `Res`: no suite of TLS 1.2 with CBC; `PQ`: key exchange that also withstands quantum computers.
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["routing.http.desync_mitigation_mode"] == "strictest"


def test_only_prod_protects_it_from_deletion(assembly: Assembly) -> None:
    def protection(environment: str) -> str:
        stack = assembly.stack(f"platform-{environment}-gateway")
        attributes = stack.only("AWS::ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
        return next(str(each["Value"]) for each in attributes if each["Key"] == "deletion_protection.enabled")

    assert (protection("dev"), protection("prod")) == ("false", "true")


def test_the_access_logs_are_private_and_expire_as_the_environment_says(gateway: Template) -> None:
    bucket = gateway.only("AWS::S3::Bucket")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 365


def test_the_firewall_is_in_front_of_it(gateway: Template) -> None:
    association = gateway.only("AWS::WAFv2::WebACLAssociation")

    assert association["ResourceArn"] == {"Ref": gateway.logical_id("AWS::ElasticLoadBalancingV2::LoadBalancer")}
    assert association["WebACLArn"]["Fn::GetAtt"][0] == gateway.logical_id("AWS::WAFv2::WebACL")


def test_the_firewall_logs_without_tokens(gateway: Template) -> None:
    logging = gateway.only("AWS::WAFv2::LoggingConfiguration")

    assert logging["RedactedFields"] == [{"SingleHeader": {"Name": "authorization"}}]
    assert gateway.only("AWS::Logs::LogGroup", LogGroupName="aws-waf-logs-platform-prod")["RetentionInDays"] == 365
