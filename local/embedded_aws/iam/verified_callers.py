"""Take only keys that this platform has made, and only with their signature.

MiniStack takes an account's number, `test` and even no key at all for the account's administrator, and checks no
signature of such a key. It derives a function's key from public names. Here the administrator has the key that
`EMBEDDED_AWS_ACCESS_KEY_ID` names, the keys of functions are random for each run, and a request that names no key
reaches only operations that AWS serves without one.

Relies on `app.pin_signed_body`, which every request passes before its service is chosen, and on
`iam_evaluator.authenticate`, which checks signatures of the keys in `sts._sessions`.
"""

import hmac
import os
import secrets
from contextvars import ContextVar
from enum import Enum, auto
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime, responses
from ministack.services import lambda_svc, sts

from local.embedded_aws.extension import Extension, Hook


class Keyless(Enum):
    """The parts of AWS that a request may reach without a key."""

    NOTHING = auto()
    # A load balancer, or a page of Cognito: no IAM decides on them.
    ENDPOINT = auto()
    # An operation that its service decides on: on an object of S3, or one that signs a person in.
    OPERATION = auto()


# The guard of web requests sets it for each request.
keyless: ContextVar[Keyless] = ContextVar("keyless", default=Keyless.NOTHING)

_SEED = secrets.token_bytes(32)
_upstream_pin = app.pin_signed_body
_upstream_check = iam_evaluator.check_credentials


class UnverifiedCallerError(Exception):
    """The request names no key, an unknown key, or its signature is wrong; `error` has AWS's code and message."""

    def __init__(self, error: iam_evaluator.AuthError) -> None:
        super().__init__(error.message)
        self.error = error


def _pin_and_verify(body: bytes) -> None:
    _upstream_pin(body)
    request = iam_evaluator._signed_request.get()
    if request is None:
        if keyless.get() is Keyless.NOTHING:
            raise UnverifiedCallerError(
                iam_evaluator.AuthError("MissingAuthenticationToken", "Missing Authentication Token")
            )
        return
    # S3 checks its presigned URLs itself, and every other service refuses them.
    if request.s3_scoped:
        return
    checked = iam_evaluator.authenticate(request.access_key_id, responses.get_account_id())
    if isinstance(checked, iam_evaluator.AuthError):
        raise UnverifiedCallerError(checked)


def _may_decide_later(access_key_id: str) -> bool:
    """Return True only for a request without any key on which S3 or Cognito itself decides after IAM."""
    return not access_key_id and iam_evaluator._anonymous.get() and keyless.get() is Keyless.OPERATION


def _check_credentials(access_key_id: str, service: str | None = None) -> iam_evaluator.AuthError | None:
    """Refuse a request without a key to an operation that no action of IAM covers; S3 decides itself."""
    if not access_key_id and service != "s3":
        return iam_evaluator.AuthError("MissingAuthenticationToken", "Missing Authentication Token")
    refused: iam_evaluator.AuthError | None = _upstream_check(access_key_id, service)
    return refused


def _execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    """Return the key of a function's role, which no other program can derive."""
    account, role = config["FunctionArn"].split(":")[4], config["Role"].rpartition("/")[2]
    name = config["FunctionName"]
    digest = hmac.digest(_SEED, f"{config['FunctionArn']}:{config['Role']}".encode(), "sha512").hex()
    key, secret, token = f"ASIA{digest[:16].upper()}", digest[16:56], digest[56:]
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name[:64]}",
        "UserId": f"{role}:{name[:64]}",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(key, session)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def _register_administrator() -> None:
    account = os.environ["MINISTACK_ACCOUNT_ID"]
    administrator = {
        "Arn": f"arn:aws:iam::{account}:root",
        "AccountId": account,
        "UserId": account,
        "PrincipalType": "Root",
        "SecretAccessKey": os.environ["EMBEDDED_AWS_SECRET_ACCESS_KEY"],
    }
    sts.register_session(os.environ["EMBEDDED_AWS_ACCESS_KEY_ID"], administrator)


def _install() -> None:
    app.pin_signed_body = _pin_and_verify
    iam_evaluator.check_credentials = _check_credentials
    for module in (iam_evaluator, sts):
        module.is_root_access_key = _may_decide_later
    for module in (lambda_runtime, lambda_svc):
        module.execution_credentials = _execution_credentials
    _register_administrator()


EXTENSION = Extension(
    closes="Constant and derivable keys were the administrator's and the functions', and signatures were not checked.",
    hooks=(
        Hook(
            module="ministack.app",
            name="_read_request_body",
            contains=("    pin_signed_body(body)\n",),
        ),
        Hook(
            module="ministack.core.iam_evaluator",
            name="authenticate",
            parameters=("access_key_id", "account_id"),
            contains=("request = _signed_request.get()", "_verified_key.set(access_key_id)"),
        ),
        Hook(module="ministack.core.iam_evaluator", name="check_credentials", parameters=("access_key_id", "service")),
        # It imports the function above at each call, so it gets the replacement.
        Hook(
            module="ministack.app",
            name="_authenticate_only",
            contains=("from ministack.core.iam_evaluator import check_credentials",),
        ),
        Hook(module="ministack.core.iam_evaluator", name="_is_root_key", contains=("return is_root_access_key(",)),
        Hook(
            module="ministack.core.iam_evaluator",
            name="resolve_credential",
            contains=("if is_root_access_key(access_key_id):", "session = sts_svc._sessions.get(access_key_id)"),
        ),
        Hook(module="ministack.core.iam_evaluator", name="SignedRequest", contains=("s3_scoped: bool = False",)),
        Hook(module="ministack.core.iam_evaluator", name="_anonymous"),
        Hook(module="ministack.core.iam_evaluator", name="AuthError"),
        Hook(
            module="ministack.core.lambda_runtime",
            name="execution_credentials",
            parameters=("config",),
            contains=("sts_svc.register_session(access_key, {", '"SessionToken": session_token,'),
        ),
        Hook(
            module="ministack.core.lambda_runtime",
            name="Worker._spawn",
            contains=("spawn_env.update(execution_credentials(self.config))",),
        ),
        Hook(module="ministack.services.lambda_svc", name="execution_credentials"),
        Hook(module="ministack.services.sts", name="register_session", parameters=("access_key", "session")),
        Hook(module="ministack.services.sts", name="is_root_access_key"),
    ),
    install=_install,
)
