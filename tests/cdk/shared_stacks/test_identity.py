"""The identity stack: the user pool that issues tokens."""

import json

import pytest

from cdk.settings.environment import Environment, load_environment
from functions.shared.interface.names import ADMIN, MEMBER
from tests.cdk.templates import Assembly, Json, Synthesize, Template


@pytest.fixture
def identity(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-identity")


def test_the_groups_are_those_that_services_know(identity: Template) -> None:
    names = [group["GroupName"] for group in identity.resources("AWS::Cognito::UserPoolGroup")]

    assert sorted(names) == sorted([ADMIN, MEMBER])


def test_people_cannot_sign_themselves_up_and_an_address_counts_once_it_is_verified(identity: Template) -> None:
    pool = identity.only("AWS::Cognito::UserPool")

    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12


def test_mails_come_from_the_address_of_the_environment_or_from_cognito_itself(
    identity: Template, synthesize: Synthesize, dev: Environment
) -> None:
    mailing = dev.model_copy(update={"mail_from": "accounts@shop.io"})
    pool = synthesize([], [mailing]).stack("platform-dev-identity").only("AWS::Cognito::UserPool")
    configuration = pool["EmailConfiguration"]

    assert configuration["EmailSendingAccount"] == "DEVELOPER"
    assert configuration["From"] == "accounts@shop.io"
    assert json.dumps(configuration["SourceArn"]).endswith(':identity/shop.io"]]}')
    assert identity.only("AWS::Cognito::UserPool")["EmailConfiguration"] == {"EmailSendingAccount": "COGNITO_DEFAULT"}


def test_the_pool_outlives_its_stack_only_in_prod(assembly: Assembly, identity: Template) -> None:
    [dev] = assembly.stack("platform-dev-identity").whole("AWS::Cognito::UserPool")
    [prod] = identity.whole("AWS::Cognito::UserPool")

    assert (prod["DeletionPolicy"], prod["Properties"]["DeletionProtection"]) == ("Retain", "ACTIVE")
    assert (dev["DeletionPolicy"], dev["Properties"]["DeletionProtection"]) == ("Delete", "INACTIVE")


def test_blocked_people_are_forgotten_after_an_hour(identity: Template) -> None:
    table = identity.only("AWS::DynamoDB::Table")

    assert table["TableName"] == "platform-prod-blocked-people"
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["list", "subject"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_a_password_gets_a_token_only_through_the_page_of_the_pool(assembly: Assembly) -> None:
    flows = {
        flow
        for stack in assembly.stacks()
        for client in assembly.stack(stack).resources("AWS::Cognito::UserPoolClient")
        # Without explicit flows, Cognito accepts passwords from everywhere.
        for flow in client.get("ExplicitAuthFlows", ["ALLOW_USER_SRP_AUTH"])
    }

    assert flows <= {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}


def test_people_sign_in_on_the_pages_of_allowed_origins_and_of_no_other(assembly: Assembly) -> None:
    def front_end(environment: str) -> Json:
        stack = assembly.stack(f"platform-{environment}-identity")
        clients = stack.resources("AWS::Cognito::UserPoolClient")
        return next(client for client in clients if client["ClientName"] == "front end")

    pages = [f"{origin}/" for origin in load_environment("local").gateway.allowed_origins]
    local, prod = front_end("local"), front_end("prod")
    assert local["CallbackURLs"] == local["LogoutURLs"] == pages
    # Cognito takes no such code without PKCE from a client without a secret.
    assert (local["AllowedOAuthFlows"], local["GenerateSecret"]) == (["code"], False)
    assert prod["AllowedOAuthFlowsUserPoolClient"] is False
    assert "CallbackURLs" not in prod


def test_the_clients_of_people_refresh_for_an_hour_and_write_nothing_but_the_name(assembly: Assembly) -> None:
    clients = [
        client
        for stack in assembly.stacks()
        for client in assembly.stack(stack).resources("AWS::Cognito::UserPoolClient")
        if client["GenerateSecret"] is False
    ]
    required = [
        attribute["Name"]
        for stack in assembly.stacks()
        for pool in assembly.stack(stack).resources("AWS::Cognito::UserPool")
        for attribute in pool.get("Schema", [])
        if attribute.get("Required")
    ]

    assert clients
    for client in clients:
        assert (client["RefreshTokenValidity"], client["TokenValidityUnits"]["RefreshToken"]) == (60, "minutes")
        assert client["WriteAttributes"] == ["name"]
    # Cognito refuses a client that cannot write a required attribute.
    assert required == []
