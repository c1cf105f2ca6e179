"""Let a template contain applications, configurations and groups of CodeDeploy.

Relies on `provisioners._RESOURCE_HANDLERS`. A template writes the names of the API with a capital.
"""

from typing import Any

from ministack.services.cloudformation import provisioners

from local.embedded_aws.cloudformation import Properties
from local.embedded_aws.codedeploy import records, resources
from local.embedded_aws.codedeploy.errors import ApiError
from local.embedded_aws.extension import Extension, Hook

_APPLICATION = "AWS::CodeDeploy::Application"
_CONFIGURATION = "AWS::CodeDeploy::DeploymentConfig"
_GROUP = "AWS::CodeDeploy::DeploymentGroup"

type Made = tuple[str, dict[str, Any]]


def _create_application(logical_id: str, properties: Properties, stack_name: str) -> Made:
    request = _request(properties)
    request.setdefault("applicationName", _name(stack_name, logical_id))
    _call(resources.create_application, request)
    return request["applicationName"], {}


def _update_application(name: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Made:
    if any(old.get(key) != new.get(key) for key in ("ApplicationName", "ComputePlatform")):
        # Neither can change: the new one is made first, as on AWS.
        made = _create_application(logical_id, new, stack_name)
        _delete_application(name, old)
        return made
    return name, {}


def _delete_application(name: str, _properties: Properties) -> None:
    _call(resources.delete_application, {"applicationName": name})


def _create_configuration(logical_id: str, properties: Properties, stack_name: str) -> Made:
    request = _request(properties)
    request.setdefault("deploymentConfigName", _name(stack_name, logical_id))
    _call(resources.create_deployment_config, request)
    return request["deploymentConfigName"], {}


def _update_configuration(_old_name: str, _old: Properties, new: Properties, stack_name: str, logical_id: str) -> Made:
    # A configuration cannot change: CloudFormation makes a new one and deletes the old one after the update.
    return _create_configuration(logical_id, new, stack_name)


def _delete_configuration(name: str, _properties: Properties) -> None:
    _call(resources.delete_deployment_config, {"deploymentConfigName": name})


def _create_group(logical_id: str, properties: Properties, stack_name: str) -> Made:
    request = _request(properties)
    request.setdefault("deploymentGroupName", _name(stack_name, logical_id))
    made = _call(resources.create_deployment_group, request)
    return request["deploymentGroupName"], {"Id": made["deploymentGroupId"]}


def _update_group(name: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Made:
    if old.get("ApplicationName") != new.get("ApplicationName"):
        made = _create_group(logical_id, new, stack_name)
        _delete_group(name, old)
        return made
    request = _request(new)
    new_name = request.setdefault("deploymentGroupName", name)
    _call(
        resources.update_deployment_group,
        {**request, "currentDeploymentGroupName": name, "newDeploymentGroupName": new_name},
    )
    group = records.groups[records.group_key(request["applicationName"], new_name)]
    return new_name, {"Id": group["deploymentGroupId"]}


def _delete_group(name: str, properties: Properties) -> None:
    _call(
        resources.delete_deployment_group,
        {"applicationName": properties["ApplicationName"], "deploymentGroupName": name},
    )


def _name(stack_name: str, logical_id: str) -> str:
    name: str = provisioners._physical_name(stack_name, logical_id, max_len=100)
    return name


def _request(properties: Properties) -> dict[str, Any]:
    """Return the properties with the names of the API; CloudFormation may have written booleans as text."""
    request: dict[str, Any] = _renamed(properties)
    for key in ("alarmConfiguration", "autoRollbackConfiguration"):
        for name, value in (request.get(key) or {}).items():
            if value in {"true", "false"} if isinstance(value, str) else False:
                request[key][name] = value == "true"
    return request


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _renamed(each) for key, each in value.items()}
    return [_renamed(each) for each in value] if isinstance(value, list) else value


def _call(operation: Any, request: dict[str, Any]) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = operation(request)
    except ApiError as error:
        raise ValueError(f"{error} (Service: AmazonCodeDeploy; Error Code: {error.code})") from error
    return answer


def _install() -> None:
    for kind, create, update, delete in (
        (_APPLICATION, _create_application, _update_application, _delete_application),
        (_CONFIGURATION, _create_configuration, _update_configuration, _delete_configuration),
        (_GROUP, _create_group, _update_group, _delete_group),
    ):
        provisioners._RESOURCE_HANDLERS[kind] = {
            "create": create,
            "update": update,
            "update_with_logical_id": True,
            "delete": delete,
        }


EXTENSION = Extension(
    closes="A template could not contain applications, configurations and groups of CodeDeploy.",
    hooks=(
        Hook(module="ministack.services.cloudformation.provisioners", name="_RESOURCE_HANDLERS"),
        Hook(module="ministack.services.cloudformation.provisioners", name="_physical_name"),
    ),
    install=_install,
    stands_in={
        _GROUP: "Follows its traffic, hooks and alarms as on AWS, but only for `make release`; every other update of an"
        " alias moves at once. Notifies no SNS topic."
    },
)
