"""Change the attributes of a person in the user pool by the rules of Cognito.

Relies on `cognito._update_user_attributes` and `_admin_update_user_attributes`, which store all that they are given.
Here a client writes only its `WriteAttributes`, no person declares their own address verified, and an address that must
be verified before a change stays as it is. No message is sent, so such a change is never completed.
"""

from typing import Any

from ministack.services import cognito

from local.embedded_aws.extension import Extension, Hook

_VERIFIED = {"email": "email_verified", "phone_number": "phone_number_verified"}
_upstream_own = cognito._update_user_attributes
_upstream_admin = cognito._admin_update_user_attributes


def _own(data: dict[str, Any]) -> Any:
    token = data.get("AccessToken", "")
    user, pool = cognito._user_pool_for_access_token(token)
    if user is None:
        return _upstream_own(data)
    client = pool["_clients"].get(cognito._token_claims(token).get("client_id"), {})
    writable = client.get("WriteAttributes") or ()
    for name in _named(data):
        if name in _VERIFIED.values() or (writable and name not in writable):
            message = "A client attempted to write unauthorized attribute"
            return cognito.error_response_json("NotAuthorizedException", message, 400)
    return _upstream_own(data | {"UserAttributes": _changes(data, pool)})


def _admin(data: dict[str, Any]) -> Any:
    pool = cognito._user_pools.get(data.get("UserPoolId"))
    return _upstream_admin(data | {"UserAttributes": _changes(data, pool)} if pool else data)


def _changes(data: dict[str, Any], pool: dict[str, Any]) -> list[dict[str, str]]:
    """Return the attributes that change at once.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserAttributeUpdateSettingsType.html
    """
    settings = pool.get("UserAttributeUpdateSettings") or {}
    kept_until_verified = settings.get("AttributesRequireVerificationBeforeUpdate") or ()
    named = _named(data)
    for name, flag in _VERIFIED.items():
        if name in named and named.get(flag) != "true":
            if name in kept_until_verified:
                del named[name]
            else:
                named[flag] = "false"
    return [{"Name": name, "Value": value} for name, value in named.items()]


def _named(data: dict[str, Any]) -> dict[str, str]:
    return {attribute["Name"]: attribute.get("Value", "") for attribute in data.get("UserAttributes", [])}


def _install() -> None:
    cognito._update_user_attributes = _own
    cognito._admin_update_user_attributes = _admin


EXTENSION = Extension(
    closes="An address changed in the user pool counted as verified, and a client could write every attribute.",
    hooks=(
        Hook(module="ministack.services.cognito", name="_update_user_attributes", parameters=("data",)),
        Hook(module="ministack.services.cognito", name="_admin_update_user_attributes", parameters=("data",)),
        Hook(module="ministack.services.cognito", name="_user_pool_for_access_token", parameters=("access_token",)),
        Hook(module="ministack.services.cognito", name="_token_claims", parameters=("token",)),
        Hook(module="ministack.services.cognito", name="error_response_json"),
        Hook(module="ministack.services.cognito", name="_user_pools"),
    ),
    install=_install,
)
