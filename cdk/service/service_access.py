"""A service's part of the user pool: its scopes, and the client of its docs page."""

from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.conventions.grant import allow
from cdk.service.function import ServiceFunction
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.shared_stacks.identity import IdentityStack, sign_in_settings, sign_in_url
from functions.shared.interface.names import DOCS_REDIRECT_PAGE

SCOPES = {"read": "See everything of {service}", "write": "Change everything of {service}"}


class ServiceAccess(Construct):
    """The resource server `<service>` with the scopes `<service>/read` and `<service>/write`, and a public client."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        manifest: Manifest,
        identity: IdentityStack,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._identity = identity
        cognito.CfnUserPoolResourceServer(
            self,
            "Scopes",
            user_pool_id=identity.pool.user_pool_id,
            identifier=manifest.service,
            name=manifest.service,
            scopes=[
                cognito.CfnUserPoolResourceServer.ResourceServerScopeTypeProperty(
                    scope_name=name, scope_description=description.format(service=manifest.service)
                )
                for name, description in SCOPES.items()
            ],
        )
        self._docs_client = cognito.UserPoolClient(
            self,
            "DocsClient",
            user_pool=identity.pool,
            user_pool_client_name=f"docs of {manifest.service}",
            generate_secret=False,
            **sign_in_settings([f"{environment.url}/{manifest.service}/{DOCS_REDIRECT_PAGE}"]),
        )

    def admit(self, function: ServiceFunction) -> None:
        """Let a function verify tokens: tell it the pool and the clients, and let it read the blocked people."""
        _add_pool(function, self._identity)
        _add_blocked(function, self._identity, "dynamodb:Query")
        self._add_variables(function.function)
        if function.manifest.signs_people_in:
            client = self._identity.console_client
            function.function.add_environment("CONSOLE_CLIENT_ID", client.user_pool_client_id)

    def _add_variables(self, function: lambda_.Function) -> None:
        identity = self._identity
        clients = [identity.operator_client, self._docs_client, identity.front_end_client, identity.console_client]
        function.add_environment("USER_POOL_CLIENTS", ",".join(client.user_pool_client_id for client in clients))
        function.add_environment("DOCS_CLIENT_ID", self._docs_client.user_pool_client_id)
        function.add_environment("SIGN_IN_URL", sign_in_url(self._environment))


def grant_pool_actions(function: ServiceFunction, identity: IdentityStack) -> None:
    """Grant the actions on people that the manifest lists, and changes of the list of blocked people."""
    _add_pool(function, identity)
    actions = [f"cognito-idp:{action}" for action in function.manifest.pool_actions]
    allow(function.role, "People", actions, [identity.pool.user_pool_arn])
    _add_blocked(function, identity, "dynamodb:PutItem", "dynamodb:DeleteItem")


def grant_deactivated_people(function: ServiceFunction, identity: IdentityStack) -> None:
    """Let a function ask if a person's account is deactivated, but list no one."""
    _add_blocked(function, identity, "dynamodb:GetItem")


def _add_pool(function: ServiceFunction, identity: IdentityStack) -> None:
    function.function.add_environment("USER_POOL_ID", identity.pool.user_pool_id)


def _add_blocked(function: ServiceFunction, identity: IdentityStack, *actions: str) -> None:
    function.function.add_environment("BLOCKED_TABLE_NAME", identity.blocked.table_name)
    allow(function.role, "BlockedPeople", list(actions), [identity.blocked.table_arn])
