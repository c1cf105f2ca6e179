"""The security schemes of the OpenAPI document: people and machine clients get the same kind of token in two ways."""

from typing import Any

from fastapi import FastAPI

from functions.shared.auth.user_pool import sign_in_url

# `GET /users/me` needs the last scope: it lets a person's token read their own profile in the user pool.
PERSON_SCOPES = {
    "openid": "Who you are",
    "email": "Your e-mail address",
    "aws.cognito.signin.user.admin": "Your profile in the user pool",
}


def describe_security(app: FastAPI, *, service: str) -> None:
    """Add the security schemes to an app's OpenAPI document; the guarded routes refer to them."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        document["components"]["securitySchemes"] = _schemes(service)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend the document


def _schemes(service: str) -> dict[str, Any]:
    token_url = f"{sign_in_url()}/oauth2/token"
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
        "machine": {
            "type": "oauth2",
            "description": "The client of an integration.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": token_url,
                    "scopes": {f"{service}/read": "Read everything", f"{service}/write": "Change everything"},
                }
            },
        },
    }
