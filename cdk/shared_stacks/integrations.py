"""The integrations stack: a machine client for each integration that the environment file names."""

from collections.abc import Iterator, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from cdk.conventions.stack import PlatformStack
from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.shared_stacks.identity import IdentityStack

TOKEN_VALIDITY = Duration.hours(1)


class IntegrationsStack(PlatformStack):
    """The clients; the pool stores their secrets, which `make token as=<integration>` uses to get a token."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, identity: IdentityStack
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="identity",
            description="The machine clients of integrations.",
        )
        for name, scopes in environment.integrations.items():
            cognito.UserPoolClient(
                self,
                f"Client{name.capitalize()}",
                user_pool=identity.pool,
                user_pool_client_name=name,
                generate_secret=True,
                auth_flows=cognito.AuthFlow(user_srp=False),
                o_auth=cognito.OAuthSettings(
                    flows=cognito.OAuthFlows(client_credentials=True),
                    scopes=[cognito.OAuthScope.custom(scope) for scope in scopes],
                ),
                enable_token_revocation=True,
                access_token_validity=TOKEN_VALIDITY,
            )


def check_integrations(environment: Environment, manifests: Sequence[Manifest]) -> None:
    """Reject scopes of unknown services, which Cognito would reject only in the middle of a deployment.

    Raises:
        ConfigurationError: A scope is unknown; the message lists each one.
    """
    services = {manifest.service for manifest in manifests if manifest.http}

    def unknown() -> Iterator[str]:
        for name, scopes in environment.integrations.items():
            for scope in scopes:
                if scope.partition("/")[0] not in services:
                    yield (
                        f"cdk/environments/{environment.name}.yaml: integrations.{name}: expected scopes of"
                        f" {', '.join(sorted(services))}; found {scope}"
                    )

    if problems := list(unknown()):
        raise ConfigurationError(problems)
