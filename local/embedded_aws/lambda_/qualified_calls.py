"""Authorize calls of an alias or a version as on AWS: by the action of the alias, and on the qualified function.

Relies on `iam_actions._lambda_action`, which takes each call of an alias for `ListAliases`, and on
`iam_actions.extract_resource_arn`, which leaves out the qualifier of an invocation:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

import re
from typing import Any

from ministack.core import iam_actions

from local.embedded_aws.extension import Extension, Hook

_ALIAS = re.compile(r"/functions/[^/]+/aliases/[^/]+/?$")
_INVOCATION = re.compile(r"/functions/[^/]+/invocations/?$")
_OF_ALIAS = {"GET": "GetAlias", "PUT": "UpdateAlias", "DELETE": "DeleteAlias"}


def _install() -> None:
    """Correct the actions and resources of the functions that are in place now."""
    action, resource = iam_actions._lambda_action, iam_actions.extract_resource_arn

    def action_of_alias(method: str, path: str) -> str | None:
        found: str | None = _OF_ALIAS.get(method) if _ALIAS.search(path) else action(method, path)
        return found

    def with_qualifier(*request: Any) -> str:
        service, _, path, _, _, query_params = request[:6]
        arn = str(resource(*request))
        [qualifier, *_] = [*_values(query_params.get("Qualifier")), ""]
        return f"{arn}:{qualifier}" if service == "lambda" and _INVOCATION.search(path) and qualifier else arn

    iam_actions._lambda_action, iam_actions.extract_resource_arn = action_of_alias, with_qualifier


def _values(found: Any) -> list[str]:
    if not found:
        return []
    return [str(each) for each in found] if isinstance(found, list) else [str(found)]


EXTENSION = Extension(
    closes="A role that may get an alias, or invoke a version, was refused; one that may list aliases could move them.",
    hooks=(
        Hook(
            module="ministack.core.iam_actions",
            name="_lambda_action",
            parameters=("method", "path"),
            contains=('"aliases": "CreateAlias" if method == "POST" else "ListAliases"',),
        ),
        Hook(
            module="ministack.core.iam_actions",
            name="extract_resource_arn",
            parameters=("service", "method", "path", "headers", "body", "query_params", "region", "account_id"),
        ),
        Hook(
            module="ministack.core.iam_actions",
            name="extract_iam_action",
            contains=("_lambda_action(method, path)",),
        ),
    ),
    install=_install,
)
