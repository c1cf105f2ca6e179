"""The identity stack: the Amazon Cognito user pool that issues tokens to people and integrations."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import CfnOutput, Duration, Fn, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.conventions.removal import removal_of_protected
from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import suppress_nag
from cdk.conventions.tls_only import tls_only
from cdk.settings.environment import Environment
from functions.shared.interface.names import (
    ACCESS_TOKEN_VALIDITY_S,
    ADMIN,
    CONSOLE_CALLBACK,
    CONSOLE_SIGNED_OUT,
    MEMBER,
)

GROUPS = {
    ADMIN: "Can do everything.",
    MEMBER: "Reads and changes only their own data.",
}
ACCESS_TOKEN_VALIDITY = Duration.seconds(ACCESS_TOKEN_VALIDITY_S)
# The shortest time of Cognito. The clients have no secret and their tokens are not rotated, and neither Swagger UI nor
# `make token` refreshes one: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
REFRESH_TOKEN_VALIDITY = Duration.hours(1)
# People may change their own names with their tokens, and no address, by which accounts are found.
WRITE_ATTRIBUTES = cognito.ClientAttributes().with_standard_attributes(fullname=True)


class IdentityStack(PlatformStack):
    """The pool, its groups, and the clients that sign people in: of operators, of front ends and of the console.

    The console's client is here and not in the stack of its service, because every service accepts its tokens.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="identity",
            description="The user pool of people and integrations.",
        )
        self.pool = self._make_pool(environment)
        for name, description in GROUPS.items():
            cognito.CfnUserPoolGroup(
                self,
                f"{name.capitalize()}Group",
                user_pool_id=self.pool.user_pool_id,
                group_name=name,
                description=description,
            )
        suppress_nag(
            self.pool,
            {
                "AwsSolutions-COG2": "People may choose a second factor; the platform does not decide it for them.",
                "AwsSolutions-COG8": "It is charged by the person; invited people with long passwords need it little.",
            },
        )
        self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=Fn.sub(_domain_prefix(environment))),
        )
        self.operator_client = self._make_operator_client()
        self.front_end_client = self._make_front_end_client(environment)
        self.console_client = self._make_console_client(environment)
        self.blocked = self._make_blocked(environment)
        # Exported even if no service imports them: the first service must not change this stack.
        pool, blocked = self.pool, self.blocked
        clients = (self.operator_client, self.front_end_client, self.console_client)
        for value in (pool.user_pool_id, pool.user_pool_arn, *(client.user_pool_client_id for client in clients)):
            self.export_value(value)
        for value in (blocked.table_name, blocked.table_arn):
            self.export_value(value)
        CfnOutput(self, "UserPoolId", value=self.pool.user_pool_id)
        CfnOutput(self, "OperatorClientId", value=self.operator_client.user_pool_client_id)
        CfnOutput(self, "FrontEndClientId", value=self.front_end_client.user_pool_client_id)
        CfnOutput(self, "SignInUrl", value=sign_in_url(environment))

    def _make_pool(self, environment: Environment) -> cognito.UserPool:
        return cognito.UserPool(
            self,
            "Pool",
            user_pool_name=environment.prefix,
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            # An administrator invites people. People who signed themselves up would be in no group.
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            # A new address replaces the old one only after verification, because accounts are found by address.
            keep_original=cognito.KeepOriginalAttrs(email=True),
            # Each client would have to be able to write a required attribute. Everybody has an address all the same,
            # because it is the name with which they sign in.
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=False, mutable=True),
            ),
            email=_sender(environment),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            deletion_protection=environment.retains,
            removal_policy=removal_of_protected(environment),
        )

    def _make_operator_client(self) -> cognito.UserPoolClient:
        return self.pool.add_client(
            "OperatorClient",
            user_pool_client_name="operator",
            # This flow also needs credentials of the AWS account, so outsiders cannot use it to guess passwords.
            auth_flows=cognito.AuthFlow(admin_user_password=True),
            disable_o_auth=True,
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=ACCESS_TOKEN_VALIDITY,
            refresh_token_validity=REFRESH_TOKEN_VALIDITY,
            write_attributes=WRITE_ATTRIBUTES,
        )

    def _make_front_end_client(self, environment: Environment) -> cognito.UserPoolClient:
        """Create the public client of front ends: their pages exchange a code for tokens with PKCE.

        It exists without a front end, too, but signs no one in: then the first one changes this client alone.
        """
        pages = [f"{origin}/" for origin in environment.gateway.allowed_origins]
        return self.pool.add_client(
            "FrontEndClient",
            user_pool_client_name="front end",
            generate_secret=False,
            **sign_in_settings(pages, logout_urls=pages),
        )

    def _make_console_client(self, environment: Environment) -> cognito.UserPoolClient:
        """Create the public client of the console: its function exchanges the code for a token with PKCE."""
        return self.pool.add_client(
            "ConsoleClient",
            user_pool_client_name="console",
            generate_secret=False,
            **sign_in_settings(
                [f"{environment.url}{CONSOLE_CALLBACK}"], logout_urls=[f"{environment.url}{CONSOLE_SIGNED_OUT}"]
            ),
        )

    def _make_blocked(self, environment: Environment) -> dynamodb.Table:
        """Create the table of blocked people (decision 27): opaque ids. Entries that refuse tokens expire with them."""
        table = dynamodb.Table(
            self,
            "BlockedPeople",
            table_name=f"{environment.prefix}-blocked-people",
            partition_key=dynamodb.Attribute(name="list", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="subject", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expires_at",
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            resource_policy=iam.PolicyDocument(statements=[tls_only()]),
            removal_policy=RemovalPolicy.DESTROY,
        )
        forgotten = "It follows from the table of users: replayed events write it again."
        suppress_nag(
            table,
            {
                "AwsSolutions-DDB3": forgotten,
                "CKV_AWS_28": forgotten,
                "CKV_AWS_119": "It holds opaque ids; DynamoDB encrypts them with a key of its own.",
            },
        )
        return table


def sign_in_settings(callback_urls: Sequence[str], *, logout_urls: Sequence[str] = ()) -> dict[str, Any]:
    """Return the properties of a public client: its pages send people to the page of the pool and get a code.

    Without a URL to come back to, no one can sign in through the client.
    """
    by_code = cognito.OAuthSettings(
        flows=cognito.OAuthFlows(authorization_code_grant=True),
        scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.COGNITO_ADMIN],
        callback_urls=list(callback_urls),
        logout_urls=list(logout_urls) or None,
    )
    return {
        # By default, Cognito also lets people sign in with a password outside its own page.
        "auth_flows": cognito.AuthFlow(user_srp=False),
        **({"o_auth": by_code} if callback_urls else {"disable_o_auth": True}),
        "supported_identity_providers": [cognito.UserPoolClientIdentityProvider.COGNITO],
        "prevent_user_existence_errors": True,
        "enable_token_revocation": True,
        "access_token_validity": ACCESS_TOKEN_VALIDITY,
        "refresh_token_validity": REFRESH_TOKEN_VALIDITY,
        "write_attributes": WRITE_ATTRIBUTES,
    }


def _sender(environment: Environment) -> cognito.UserPoolEmail:
    """Return the sender of invitations and codes: an address of the environment through SES, or Cognito's own."""
    if environment.mail_from is None:
        return cognito.UserPoolEmail.with_cognito()
    return cognito.UserPoolEmail.with_ses(
        from_email=environment.mail_from,
        ses_region=environment.region,
        ses_verified_domain=environment.mail_from.partition("@")[2],
    )


def sign_in_url(environment: Environment) -> str:
    """Return the URL of the pool's domain, where people sign in and clients get tokens."""
    return Fn.sub(f"https://{_domain_prefix(environment)}.auth.{environment.region}.amazoncognito.com")


def _domain_prefix(environment: Environment) -> str:
    """Return the domain's prefix; it has the account's id because domains are unique in a region across accounts."""
    return f"{environment.prefix}-${{AWS::AccountId}}"
