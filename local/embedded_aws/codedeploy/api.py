"""CodeDeploy's API, as a service of MiniStack, which has none.

Relies on `app.SERVICE_REGISTRY`, `app.SERVICE_HANDLERS` and `app._state_map`, by which MiniStack finds, calls and saves
a service, on `router.SERVICE_PATTERNS`, and on `iam_actions`, which names the action and the resource that IAM checks.
The protocol is JSON 1.1, which boto3 and the AWS CLI speak.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, json_response

from local.embedded_aws.codedeploy import deployment_operations, records, resources
from local.embedded_aws.codedeploy.errors import ApiError
from local.embedded_aws.extension import Extension, Hook

type Operation = Callable[[dict[str, Any]], dict[str, Any]]

_SERVICE = "codedeploy"
_TARGET = "CodeDeploy_20141006"
_CONTENT = "application/x-amz-json-1.1"
_BOUNDARY = re.compile(r"(?<!^)(?=[A-Z])")
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
_ON_APPLICATION = {"CreateApplication", "GetApplication", "BatchGetApplications", "DeleteApplication"}
_ON_CONFIGURATION = {"CreateDeploymentConfig", "GetDeploymentConfig", "DeleteDeploymentConfig"}

_OPERATIONS = (
    *("CreateApplication", "GetApplication", "ListApplications", "BatchGetApplications", "DeleteApplication"),
    *("CreateDeploymentConfig", "GetDeploymentConfig", "ListDeploymentConfigs", "DeleteDeploymentConfig"),
    *("CreateDeploymentGroup", "UpdateDeploymentGroup", "GetDeploymentGroup", "BatchGetDeploymentGroups"),
    *("ListDeploymentGroups", "DeleteDeploymentGroup"),
    *("CreateDeployment", "GetDeployment", "BatchGetDeployments", "ListDeployments", "StopDeployment"),
    *("PutLifecycleEventHookExecutionStatus", "ListDeploymentTargets", "GetDeploymentTarget"),
    "BatchGetDeploymentTargets",
)


def _operation(name: str) -> Operation:
    function = _BOUNDARY.sub("_", name).lower()
    found: Operation = getattr(resources, function, None) or getattr(deployment_operations, function)
    return found


_FUNCTIONS: Mapping[str, Operation] = {name: _operation(name) for name in _OPERATIONS}


async def handle_request(
    _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: Mapping[str, Any]
) -> Any:
    """Answer a request: the status, the headers and the body."""
    name = headers.get("x-amz-target", "").rpartition(".")[2]
    function = _FUNCTIONS.get(name)
    if function is None:
        return error_response_json("UnknownOperationException", f"There is no {name}.", 400, content_type=_CONTENT)
    try:
        answer = function(json.loads(body or b"{}"))
    except ApiError as error:
        return error_response_json(error.code, str(error), 400, content_type=_CONTENT)
    return json_response(answer, content_type=_CONTENT)


def _resource_arn(name: str, body: bytes, region: str, account: str) -> str:
    """Return the ARN of what an operation is about; `*` if it is about no one resource."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return "*"
    prefix = f"arn:aws:codedeploy:{region}:{account}"
    if "deploymentId" in request:
        deployment = records.deployments.get(request["deploymentId"])
        request = deployment or request
    application = request.get("applicationName")
    if name in _ON_CONFIGURATION:
        return f"{prefix}:deploymentconfig:{request.get('deploymentConfigName', '')}"
    if not application:
        return "*"
    group = request.get("deploymentGroupName") or request.get("currentDeploymentGroupName")
    if name in _ON_APPLICATION:
        return f"{prefix}:application:{application}"
    return f"{prefix}:deploymentgroup:{application}/{group or '*'}"


def _as_module() -> ModuleType:
    """Return the service as MiniStack expects one: a module with these functions."""
    module: Any = ModuleType(f"ministack.services.{_SERVICE}")
    module.handle_request = handle_request
    module.get_state, module.reset = records.state, records.clear
    module.load_persisted_state = records.restore
    return module  # type: ignore[no-any-return]


def _install() -> None:
    sys.modules[f"ministack.services.{_SERVICE}"] = _as_module()
    app.SERVICE_REGISTRY[_SERVICE] = {"module": _SERVICE}
    app.SERVICE_HANDLERS[_SERVICE] = app._lazy_handler(_SERVICE)
    app._state_map[_SERVICE] = _SERVICE
    router.SERVICE_PATTERNS[_SERVICE] = {
        "target_prefixes": [_TARGET],
        "host_patterns": [r"codedeploy\."],
        "credential_scope": _SERVICE,
    }
    iam_actions.SERVICE_TO_IAM_NAMESPACE[_SERVICE] = _SERVICE
    extract = iam_actions.extract_resource_arn

    def extract_with_codedeploy(
        service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *rest: Any
    ) -> str:
        if service != _SERVICE:
            found: str = extract(service, method, path, headers, body, *rest)
            return found
        _, region, account = rest
        return _resource_arn(headers.get("x-amz-target", "").rpartition(".")[2], body, region, account)

    iam_actions.extract_resource_arn = extract_with_codedeploy


EXTENSION = Extension(
    closes="There was no CodeDeploy.",
    hooks=(
        Hook(module="ministack.app", name="SERVICE_REGISTRY"),
        Hook(module="ministack.app", name="SERVICE_HANDLERS"),
        Hook(module="ministack.app", name="_state_map"),
        Hook(module="ministack.app", name="_lazy_handler", parameters=("module_name",)),
        Hook(
            module="ministack.app",
            name="_get_module",
            contains=('__import__(f"ministack.services.{name}", fromlist=["handle_request"])',),
        ),
        Hook(
            module="ministack.app",
            name="_build_persistence_save_dict",
            contains=('sys.modules.get(f"ministack.services.{mod_name}")',),
        ),
        Hook(
            module="ministack.app",
            name="_dispatch_service_request",
            contains=("resource_arn = extract_resource_arn(\n",),
        ),
        Hook(module="ministack.core.router", name="SERVICE_PATTERNS"),
        Hook(module="ministack.core.router", name="detect_service", contains=('patterns.get("target_prefixes", [])',)),
        Hook(module="ministack.core.iam_actions", name="SERVICE_TO_IAM_NAMESPACE"),
        Hook(
            module="ministack.core.iam_actions",
            name="extract_resource_arn",
            parameters=(*("service", "method", "path", "headers", "body", "query_params", "region", "account_id"),),
        ),
        Hook(module="ministack.services.eventbridge", name="_put_events", parameters=("data", "allow_aws_source")),
        Hook(module="ministack.services.lambda_svc", name="_get_alias", parameters=("func_name", "alias_name")),
        Hook(
            module="ministack.services.lambda_svc",
            name="_execution_record_for_config",
            parameters=("func", "config"),
        ),
        Hook(module="ministack.services.cloudwatch", name="_composite_children", parameters=("alarm",)),
    ),
    install=_install,
)
