"""The security schemes of the OpenAPI document: people and machine clients get the same kind of token in two ways."""

from collections.abc import Mapping
from typing import Any

from functions.shared.auth.user_pool import sign_in_url

# `GET /users/me` needs the last scope: it lets a person's token read their own profile in the user pool.
PERSON_SCOPES = {
    "openid": "Who you are",
    "email": "Your e-mail address",
    "aws.cognito.signin.user.admin": "Your profile in the user pool",
}
_WORDS = {"read": "Read everything", "write": "Change everything"}


def machine_scheme(service: str) -> str:
    """Return the name of the scheme of machine clients; each service has its own, with its own scopes."""
    return f"{service}_machine"


def security_schemes(document: Mapping[str, Any], *, service: str) -> dict[str, Any]:
    """Return the schemes that the operations of a service's document refer to."""
    token_url = f"{sign_in_url()}/oauth2/token"
    machine = machine_scheme(service)
    scopes = {
        scope
        for path in document["paths"].values()
        for operation in path.values()
        for requirement in operation.get("security", ())
        for scope in requirement.get(machine, ())
    }
    return {
        "person": {
            "type": "oauth2",
            "description": "A person of the group admin, or of the group member.",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": f"{sign_in_url()}/oauth2/authorize",
                    "tokenUrl": token_url,
                    "scopes": PERSON_SCOPES,
                }
            },
        },
        machine: {
            "type": "oauth2",
            "description": "The client of an integration.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": token_url,
                    "scopes": {scope: _WORDS[scope.partition("/")[2]] for scope in sorted(scopes)},
                }
            },
        },
    }
