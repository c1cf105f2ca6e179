"""Changes of attributes in the user pool."""

import json
from typing import Any

from ministack.services import cognito

from tests.local.embedded_aws.resources import call, create

KEPT = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}


def person(pool: dict[str, Any], **client: Any) -> tuple[str, str]:
    """Return the pool and the access token of a person with a verified address."""
    pool_id, _ = create("AWS::Cognito::UserPool", {"UserPoolName": "p", **pool})
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    client_id, _ = create("AWS::Cognito::UserPoolClient", {"UserPoolId": pool_id, "ExplicitAuthFlows": flows, **client})
    attributes = named(email="ada@example.com", email_verified="true")
    call(cognito._admin_create_user, UserPoolId=pool_id, Username="ada", UserAttributes=attributes)
    password = {"Password": "Correct-horse-7", "Permanent": True}
    call(cognito._admin_set_user_password, UserPoolId=pool_id, Username="ada", **password)
    signed_in = call(
        cognito._admin_initiate_auth,
        UserPoolId=pool_id,
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": "Correct-horse-7"},
    )
    return pool_id, signed_in["AuthenticationResult"]["AccessToken"]


def named(**attributes: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def stored(pool_id: str) -> dict[str, str]:
    answer = call(cognito._admin_get_user, UserPoolId=pool_id, Username="ada")
    return {each["Name"]: each["Value"] for each in answer["UserAttributes"]}


def change(token: str, **attributes: str) -> tuple[int, str]:
    status, _, body = cognito._update_user_attributes({"AccessToken": token, "UserAttributes": named(**attributes)})
    return status, json.loads(body).get("__type", "")


def test_an_address_that_must_be_verified_stays_until_it_is() -> None:
    pool_id, token = person(KEPT)

    assert change(token, email="other@example.com", name="Ada")[0] == 200

    after = stored(pool_id)
    assert (after["email"], after["email_verified"], after["name"]) == ("ada@example.com", "true", "Ada")


def test_an_address_that_changes_at_once_is_not_verified() -> None:
    pool_id, token = person({})

    assert change(token, email="other@example.com")[0] == 200

    assert (stored(pool_id)["email"], stored(pool_id)["email_verified"]) == ("other@example.com", "false")


def test_nobody_declares_their_own_address_verified() -> None:
    pool_id, token = person({})

    assert change(token, email="other@example.com", email_verified="true") == (400, "NotAuthorizedException")
    assert stored(pool_id)["email"] == "ada@example.com"


def test_a_client_writes_only_the_attributes_that_it_may() -> None:
    pool_id, token = person({}, WriteAttributes=["name"])

    assert change(token, name="Ada")[0] == 200
    assert change(token, name="Eve", locale="en") == (400, "NotAuthorizedException")
    assert stored(pool_id)["name"] == "Ada"


def test_an_administrator_changes_an_address_at_once_by_declaring_it_verified() -> None:
    pool_id, _ = person(KEPT)

    def change_as_admin(**attributes: str) -> None:
        request = {"UserPoolId": pool_id, "Username": "ada", "UserAttributes": named(**attributes)}
        assert cognito._admin_update_user_attributes(request)[0] == 200

    change_as_admin(email="second@example.com")
    assert stored(pool_id)["email"] == "ada@example.com"
    change_as_admin(email="third@example.com", email_verified="true")
    assert (stored(pool_id)["email"], stored(pool_id)["email_verified"]) == ("third@example.com", "true")
