"""The policy of tables that refuses connections without TLS."""

from aws_cdk import aws_iam as iam


def tls_only() -> iam.PolicyStatement:
    """Deny plain HTTP, which only DynamoDB still accepts."""
    return iam.PolicyStatement(
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["dynamodb:*"],
        resources=["*"],
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
