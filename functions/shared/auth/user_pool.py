"""Where the platform's Amazon Cognito user pool is: on AWS, or as part of the embedded AWS."""

import os

from functions.shared.aws.settings import setting


def issuer() -> str:
    """Return what the pool calls itself in the tokens that it issues."""
    return f"https://cognito-idp.{setting('AWS_REGION')}.amazonaws.com/{setting('USER_POOL_ID')}"


def user_pool_url() -> str:
    """Return where the pool publishes its keys: below the issuer, unless the SDK's variables name another endpoint."""
    endpoint = _other_endpoint()
    return f"{endpoint}/{setting('USER_POOL_ID')}" if endpoint else issuer()


def sign_in_url() -> str:
    """Return where people sign in and clients get tokens: the pool's domain."""
    return _other_endpoint() or setting("SIGN_IN_URL")


def _other_endpoint() -> str | None:
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    return os.environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", os.environ.get("AWS_ENDPOINT_URL"))
