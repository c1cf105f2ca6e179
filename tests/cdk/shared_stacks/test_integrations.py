"""The machine clients of integrations."""

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from tests.cdk.templates import Synthesize


def with_integrations(environment: Environment, **integrations: tuple[str, ...]) -> Environment:
    return Environment.model_validate({**environment.model_dump(), "integrations": integrations})


def test_an_integration_gets_a_client_with_its_scopes_and_a_secret(
    prod: Environment, examples: Sequence[Manifest], synthesize: Synthesize
) -> None:
    environment = with_integrations(prod, reporting=("orders/read",), billing=("orders/read", "orders/write"))

    stack = synthesize(examples, [environment]).stack("platform-prod-integrations")

    client = stack.only("AWS::Cognito::UserPoolClient", ClientName="billing")
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert client["AllowedOAuthScopes"] == ["orders/read", "orders/write"]
    assert client["GenerateSecret"] is True
    assert stack.only("AWS::Cognito::UserPoolClient", ClientName="reporting")["AllowedOAuthScopes"] == ["orders/read"]


def test_a_scope_of_no_service_stops_the_synthesis(
    prod: Environment, examples: Sequence[Manifest], synthesize: Synthesize
) -> None:
    environment = with_integrations(prod, reporting=("oders/read",))

    with pytest.raises(
        ConfigurationError, match=r"prod.yaml: integrations.reporting: expected scopes of .*orders.*oders/read"
    ):
        synthesize(examples, [environment])


@pytest.mark.parametrize("scope", ["orders", "orders/delete", "*/read", "orders/read "])
def test_a_scope_is_a_service_and_read_or_write(prod: Environment, scope: str) -> None:
    with pytest.raises(ValidationError, match=r"integrations\.reporting"):
        with_integrations(prod, reporting=(scope,))
