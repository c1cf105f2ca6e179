"""Let an alias share its calls between two versions by weight, as on AWS.

Relies on `lambda_svc._get_func_record_for_ref`, with which the load balancer and other services find the version that
they run, on the pollers of event source mappings, and on `lambda_svc._invoke`; all took the alias's first version. Each
version runs its own code in its own processes. Calls that describe a function still get the first version.
https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
"""

import random
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import wraps
from typing import Any

from ministack.services import lambda_svc

from local.embedded_aws.extension import Extension, Hook

_POLLERS = ("_poll_sqs", "_poll_kinesis", "_poll_dynamodb_streams")

# True while a version is looked up to be run.
_running: ContextVar[bool] = ContextVar("running", default=False)
# The alias, and the version that was chosen for it, of an Invoke.
_invoked: ContextVar[tuple[str, str] | None] = ContextVar("invoked", default=None)
_upstream_effective = lambda_svc._effective_func_record_for_qualifier


def weights(alias: Mapping[str, Any]) -> dict[str, float]:
    """Return the weight of each additional version of an alias; its first version has the rest."""
    return dict((alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {})


def choose(alias: Mapping[str, Any]) -> str:
    """Return the version that the next call of the alias runs."""
    drawn = random.random()  # noqa: S311 - no secret depends on it
    for version, weight in weights(alias).items():
        drawn -= float(weight)
        if drawn < 0:
            return version
    return str(alias.get("FunctionVersion", "$LATEST"))


def _effective(func: dict[str, Any] | None, qualifier: str | None) -> tuple[Any, Any]:
    """Return the version to run, with the ARN that was called: that of the alias."""
    alias = (func or {}).get("aliases", {}).get(qualifier)
    if alias is None or not _running.get():
        found: tuple[Any, Any] = _upstream_effective(func, qualifier)
        return found
    record, config = _upstream_effective(func, choose(alias))
    if record is None:
        return None, None
    config = {**config, "FunctionArn": alias["AliasArn"]}
    return {**record, "config": config}, config


def _looking[**P, R](found: Callable[P, R]) -> Callable[P, R]:
    @wraps(found)
    def look(*arguments: P.args, **named: P.kwargs) -> R:
        token = _running.set(True)
        try:
            return found(*arguments, **named)
        finally:
            _running.reset(token)

    return look


def _weighted_alias(
    name: str, headers: Mapping[str, str], path_qualifier: str | None, query_params: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return the alias that an Invoke names, if it has weights; a dry run runs nothing."""
    if (headers.get("x-amz-invocation-type") or headers.get("X-Amz-Invocation-Type")) == "DryRun":
        return None
    qualifier = (
        path_qualifier
        or lambda_svc._qp_first(query_params or {}, "Qualifier")
        or lambda_svc._qp_first(headers, "x-amz-qualifier")
    )
    alias: dict[str, Any] | None = (lambda_svc._functions.get(name) or {}).get("aliases", {}).get(qualifier)
    return alias if alias and weights(alias) else None


def _as_called(func: dict[str, Any]) -> dict[str, Any]:
    """Give the version that was chosen for an Invoke the ARN that was called: that of the alias."""
    alias, version = _invoked.get() or ("", "")
    config = func.get("config") or func
    if not alias or config["FunctionArn"] != f"{alias.rpartition(':')[0]}:{version}":
        return func
    return {**func, "config": {**config, "FunctionArn": alias}}


def _install() -> None:
    invoke, execute = lambda_svc._invoke, lambda_svc._execute_function

    async def invoke_chosen(
        name: str,
        event: Any,
        headers: Mapping[str, str],
        path_qualifier: str | None = None,
        query_params: dict[str, Any] | None = None,
    ) -> Any:
        alias = _weighted_alias(name, headers, path_qualifier, query_params)
        if alias is None:
            return await invoke(name, event, headers, path_qualifier, query_params)
        version = choose(alias)
        token = _invoked.set((alias["AliasArn"], version))
        try:
            return await invoke(name, event, headers, version, query_params)
        finally:
            _invoked.reset(token)

    lambda_svc._effective_func_record_for_qualifier = _effective
    lambda_svc._get_func_record_for_ref = _looking(lambda_svc._get_func_record_for_ref)
    for name in _POLLERS:
        setattr(lambda_svc, name, _looking(getattr(lambda_svc, name)))
    lambda_svc._invoke = invoke_chosen
    lambda_svc._execute_function = lambda func, event: execute(_as_called(func), event)


EXTENSION = Extension(
    closes="An alias with weights sent every call to its first version.",
    # The metrics have to see the alias; the others replace what this one wraps.
    after=("cloudwatch.function_metrics", "dynamodb.stream_failures", "lambda_.function_errors"),
    hooks=(
        Hook(
            module="ministack.services.lambda_svc",
            name="_effective_func_record_for_qualifier",
            parameters=("func", "qualifier"),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="_get_func_record_for_ref",
            parameters=("function_ref",),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="_get_func_record_for_ref_in_scope",
            contains=("        return _get_func_record_for_ref(function_ref)\n",),
        ),
        *(
            Hook(
                module="ministack.services.lambda_svc",
                name=name,
                parameters=(),
                contains=("func_rec, _cfg = _get_func_record_for_qualifier(func_name, qualifier)",),
            )
            for name in _POLLERS
        ),
        Hook(module="ministack.services.lambda_svc", name="_execute_function", parameters=("func", "event")),
        Hook(
            module="ministack.services.lambda_svc",
            name="_invoke",
            parameters=("name", "event", "headers", "path_qualifier", "query_params"),
            contains=(
                'exec_record["config"]["FunctionArn"] = _func_arn(name) + (f":{qualifier}" if qualifier else "")',
            ),
        ),
    ),
    install=_install,
)
