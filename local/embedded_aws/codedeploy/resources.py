"""The operations on applications, configurations and deployment groups.

A request and an answer are those of botocore's model of CodeDeploy (2014-10-06). Only deployments to Lambda exist.
"""

import time
from typing import Any

from ministack.core.responses import new_uuid

from local.embedded_aws.codedeploy import records
from local.embedded_aws.codedeploy.answers import group_info
from local.embedded_aws.codedeploy.errors import ApiError
from local.embedded_aws.codedeploy.service_role import ServiceRole

type Record = dict[str, Any]

_ROLLBACK_EVENTS = {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"}
# https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
_MOST_ALARMS = 10
_GROUP_KEYS = (
    "deploymentConfigName",
    "serviceRoleArn",
    "triggerConfigurations",
    "alarmConfiguration",
    "autoRollbackConfiguration",
    "outdatedInstancesStrategy",
    "deploymentStyle",
)


def create_application(request: Record) -> Record:
    """CreateApplication."""
    name = _required(request, "applicationName", "ApplicationNameRequiredException")
    if name in records.applications:
        raise ApiError("ApplicationAlreadyExistsException", f"An application named {name} already exists.")
    platform = request.get("computePlatform", "Server")
    if platform != "Lambda":
        raise ApiError("InvalidComputePlatformException", f"Only Lambda is deployed to here, not {platform}.")
    application = {
        "applicationId": new_uuid(),
        "applicationName": name,
        "createTime": time.time(),
        "linkedToGitHub": False,
        "computePlatform": platform,
    }
    records.applications[name] = application
    return {"applicationId": application["applicationId"]}


def get_application(request: Record) -> Record:
    """GetApplication."""
    return {"application": application(request)}


def list_applications(_request: Record) -> Record:
    """ListApplications."""
    return {"applications": sorted(records.applications.keys())}


def batch_get_applications(request: Record) -> Record:
    """BatchGetApplications."""
    names = request.get("applicationNames") or []
    return {"applicationsInfo": [application({"applicationName": name}) for name in names]}


def delete_application(request: Record) -> Record:
    """DeleteApplication; also deletes its groups."""
    name = _required(request, "applicationName", "ApplicationNameRequiredException")
    records.applications.pop(name, None)
    for key in [key for key, group in records.groups.items() if group["applicationName"] == name]:
        del records.groups[key]
    return {}


def create_deployment_config(request: Record) -> Record:
    """CreateDeploymentConfig."""
    name = _required(request, "deploymentConfigName", "DeploymentConfigNameRequiredException")
    if records.configuration(name):
        raise ApiError(
            "DeploymentConfigAlreadyExistsException", f"A deployment configuration named {name} already exists."
        )
    configuration = {
        "deploymentConfigId": new_uuid(),
        "deploymentConfigName": name,
        "createTime": time.time(),
        "computePlatform": request.get("computePlatform", "Server"),
        "trafficRoutingConfig": _routing(request.get("trafficRoutingConfig") or {}),
    }
    records.configurations[name] = configuration
    return {"deploymentConfigId": configuration["deploymentConfigId"]}


def get_deployment_config(request: Record) -> Record:
    """GetDeploymentConfig."""
    name = _required(request, "deploymentConfigName", "DeploymentConfigNameRequiredException")
    return {"deploymentConfigInfo": _configuration(name)}


def list_deployment_configs(_request: Record) -> Record:
    """ListDeploymentConfigs."""
    return {"deploymentConfigsList": [*records.own_configurations(), *sorted(records.configurations.keys())]}


def delete_deployment_config(request: Record) -> Record:
    """DeleteDeploymentConfig."""
    name = _required(request, "deploymentConfigName", "DeploymentConfigNameRequiredException")
    if any(group["deploymentConfigName"] == name for group in records.groups.values()):
        raise ApiError("DeploymentConfigInUseException", f"The deployment configuration {name} is in use.")
    if name in records.own_configurations():
        raise ApiError("InvalidOperationException", f"The deployment configuration {name} is AWS's own.")
    records.configurations.pop(name, None)
    return {}


def create_deployment_group(request: Record) -> Record:
    """CreateDeploymentGroup."""
    name = _required(request, "deploymentGroupName", "DeploymentGroupNameRequiredException")
    application(request)
    key = records.group_key(request["applicationName"], name)
    if key in records.groups:
        raise ApiError("DeploymentGroupAlreadyExistsException", f"A deployment group named {name} already exists.")
    _required(request, "serviceRoleArn", "RoleRequiredException")
    group = {
        "applicationName": request["applicationName"],
        "deploymentGroupId": new_uuid(),
        "deploymentGroupName": name,
        "deploymentConfigName": records.ALL_AT_ONCE,
        "computePlatform": "Lambda",
    }
    records.groups[key] = _checked({**group, **_given(request)})
    return {"deploymentGroupId": group["deploymentGroupId"]}


def update_deployment_group(request: Record) -> Record:
    """UpdateDeploymentGroup."""
    name = _required(request, "currentDeploymentGroupName", "DeploymentGroupNameRequiredException")
    before = deployment_group({**request, "deploymentGroupName": name})
    new_name = request.get("newDeploymentGroupName") or name
    changed = _checked({**before, **_given(request), "deploymentGroupName": new_name})
    del records.groups[records.group_key(request["applicationName"], name)]
    records.groups[records.group_key(request["applicationName"], new_name)] = changed
    return {"hooksNotCleanedUp": []}


def get_deployment_group(request: Record) -> Record:
    """GetDeploymentGroup."""
    return {"deploymentGroupInfo": group_info(deployment_group(request))}


def batch_get_deployment_groups(request: Record) -> Record:
    """BatchGetDeploymentGroups."""
    application(request)
    names = request.get("deploymentGroupNames") or []
    keys = [records.group_key(request["applicationName"], name) for name in names]
    return {"deploymentGroupsInfo": [group_info(records.groups[key]) for key in keys if key in records.groups]}


def list_deployment_groups(request: Record) -> Record:
    """ListDeploymentGroups."""
    name = application(request)["applicationName"]
    groups = [each["deploymentGroupName"] for each in records.groups.values() if each["applicationName"] == name]
    return {"applicationName": name, "deploymentGroups": sorted(groups)}


def delete_deployment_group(request: Record) -> Record:
    """DeleteDeploymentGroup."""
    name = _required(request, "deploymentGroupName", "DeploymentGroupNameRequiredException")
    records.groups.pop(records.group_key(request.get("applicationName", ""), name), None)
    return {"hooksNotCleanedUp": []}


def application(request: Record) -> Record:
    """Return the application that a request names; raise ApiError if there is none."""
    name = _required(request, "applicationName", "ApplicationNameRequiredException")
    found: Record | None = records.applications.get(name)
    if found is None:
        raise ApiError("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return found


def deployment_group(request: Record) -> Record:
    """Return the deployment group that a request names; raise ApiError if there is none."""
    name = _required(request, "deploymentGroupName", "DeploymentGroupNameRequiredException")
    application(request)
    found: Record | None = records.groups.get(records.group_key(request["applicationName"], name))
    if found is None:
        raise ApiError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
    return found


def checked_alarms(configuration: Record) -> Record:
    """Return an alarm configuration; raise ApiError if it is too long."""
    if len(configuration.get("alarms") or []) > _MOST_ALARMS:
        raise ApiError("AlarmsLimitExceededException", f"A deployment group has at most {_MOST_ALARMS} alarms.")
    return configuration


def _configuration(name: str) -> Record:
    found = records.configuration(name)
    if found is None:
        raise ApiError("DeploymentConfigDoesNotExistException", f"No deployment configuration found for name: {name}")
    return found


def _given(request: Record) -> Record:
    return {key: request[key] for key in _GROUP_KEYS if request.get(key) is not None}


def _checked(group: Record) -> Record:
    _configuration(group["deploymentConfigName"])
    checked_alarms(group.get("alarmConfiguration") or {})
    events = set((group.get("autoRollbackConfiguration") or {}).get("events") or [])
    if events - _ROLLBACK_EVENTS:
        raise ApiError("InvalidAutoRollbackConfigException", f"Unknown events of a rollback: {sorted(events)}")
    if not ServiceRole(group["serviceRoleArn"]).is_assumable():
        raise ApiError(
            "InvalidRoleException", f"AWS CodeDeploy does not have the permissions to assume {group['serviceRoleArn']}."
        )
    return group


def _routing(given: Record) -> Record:
    kind = given.get("type", "AllAtOnce")
    part, names = {
        "AllAtOnce": ("", ()),
        "TimeBasedCanary": ("timeBasedCanary", ("canaryPercentage", "canaryInterval")),
        "TimeBasedLinear": ("timeBasedLinear", ("linearPercentage", "linearInterval")),
    }.get(kind, (None, ()))
    if part is None:
        raise ApiError("InvalidTrafficRoutingConfigurationException", f"Unknown kind of traffic routing: {kind}")
    if not part:
        return {"type": kind}
    try:
        numbers = {name: int(given[part][name]) for name in names}
    except (KeyError, TypeError, ValueError) as error:
        raise ApiError("InvalidTrafficRoutingConfigurationException", f"{kind} needs {' and '.join(names)}.") from error
    if not 1 <= numbers[names[0]] <= 99:  # noqa: PLR2004 - per cent
        raise ApiError("InvalidTrafficRoutingConfigurationException", f"{names[0]} must be from 1 to 99.")
    return {"type": kind, part: numbers}


def _required(request: Record, name: str, code: str) -> str:
    value = request.get(name)
    if not value:
        raise ApiError(code, f"{name} is required.")
    return str(value)
