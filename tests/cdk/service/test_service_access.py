"""A service's part of the user pool."""

import json

import pytest

from tests.cdk.templates import Assembly, Template, actions


def test_a_service_that_is_called_has_its_two_scopes(orders: Template) -> None:
    server = orders.only("AWS::Cognito::UserPoolResourceServer")

    assert server["Identifier"] == "orders"
    assert [scope["ScopeName"] for scope in server["Scopes"]] == ["read", "write"]


def test_a_service_without_http_has_no_scopes(ledger: Template) -> None:
    assert ledger.resources("AWS::Cognito::UserPoolResourceServer") == []


def test_the_docs_page_signs_in_with_a_code_and_comes_back_to_itself(assembly: Assembly) -> None:
    client = assembly.stack("platform-prod-orders").only("AWS::Cognito::UserPoolClient")

    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["GenerateSecret"] is False
    assert client["CallbackURLs"] == ["https://example.com/orders/docs/oauth2-redirect.html"]


def test_the_http_function_gets_the_clients_of_valid_tokens(orders: Template) -> None:
    variables = orders.variables("platform-local-orders-api")

    assert variables.keys() >= {"USER_POOL_ID", "USER_POOL_CLIENTS", "DOCS_CLIENT_ID", "SIGN_IN_URL"}
    docs = orders.logical_id("AWS::Cognito::UserPoolClient")
    assert {"Ref": docs} == variables["DOCS_CLIENT_ID"]
    assert docs in json.dumps(variables["USER_POOL_CLIENTS"])


def test_the_http_function_reads_the_blocked_people_and_changes_nothing(orders: Template) -> None:
    [statement] = [
        statement
        for policy in orders.resources("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "BlockedPeople"
    ]

    assert statement["Action"] == "dynamodb:Query"
    assert "BlockedPeople" in statement["Resource"]["Fn::ImportValue"]
    assert "BlockedPeople" in orders.variables("platform-local-orders-api")["BLOCKED_TABLE_NAME"]["Fn::ImportValue"]


@pytest.mark.slow
def test_only_the_gatekeeper_of_users_acts_on_people_and_only_on_those_of_the_pool(own_services: Assembly) -> None:
    found = [
        (policy["Roles"], statement["Sid"], actions(statement), json.dumps(statement["Resource"]))
        for stack in own_services.stacks()
        for policy in own_services.stack(stack).resources("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if any(action.startswith("cognito-idp:") for action in actions(statement))
    ]

    assert found
    for [role], sid, named, resource in found:
        assert role["Ref"].startswith("GatekeeperRole")
        assert sid == "People"
        allowed = ("DisableUser", "EnableUser", "GetUser", "UserGlobalSignOut")
        assert {*named} == {f"cognito-idp:Admin{each}" for each in allowed}
        assert "identity:ExportsOutputFnGetAttPool" in resource


@pytest.mark.slow
def test_only_the_worker_of_webhooks_looks_for_deactivated_people_and_can_list_no_one(own_services: Assembly) -> None:
    found = {
        policy["Roles"][0]["Ref"]: actions(statement)
        for policy in own_services.stack("platform-prod-webhooks").resources("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "BlockedPeople" and actions(statement) != ["dynamodb:Query"]
    }

    [(role, allowed)] = found.items()
    assert role.startswith("WorkerRole")
    assert allowed == ["dynamodb:GetItem"]


def test_other_functions_take_no_tokens(orders: Template) -> None:
    assert "USER_POOL_ID" not in orders.variables("platform-local-orders-relay")
