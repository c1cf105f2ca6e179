"""The applications, configurations, groups and deployments of CodeDeploy, by account and region.

A record has the names and shapes of the API's answers; times are seconds since 1970. Of a deployment, the keys that
begin with `_` are not in answers.
"""

import copy
import secrets
import string
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

type Record = dict[str, Any]

applications = AccountRegionScopedDict()
configurations = AccountRegionScopedDict()
# By `<application>/<group>`.
groups = AccountRegionScopedDict()
deployments = AccountRegionScopedDict()

_STORES = {
    "applications": applications,
    "configurations": configurations,
    "groups": groups,
    "deployments": deployments,
}

ENDED = frozenset({"Succeeded", "Failed", "Stopped"})
ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"


def state() -> dict[str, Any]:
    """Return a copy of everything, for the state on the disk."""
    return {name: copy.deepcopy(store) for name, store in _STORES.items()}


def restore(data: dict[str, Any]) -> None:
    """Take over the state from the disk."""
    for name, store in _STORES.items():
        store.update(data.get(name) or {})


def clear() -> None:
    """Forget everything."""
    for store in _STORES.values():
        store.clear()


def new_id() -> str:
    """Return an id of a deployment, such as `d-1A2B3C4D5`."""
    return "d-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(9))


def group_key(application: str, group: str) -> str:
    """Return the key of a group."""
    return f"{application}/{group}"


def application_arn(application: str) -> str:
    """Return the ARN of an application."""
    return f"arn:aws:codedeploy:{get_region()}:{get_account_id()}:application:{application}"


def group_arn(application: str, group: str) -> str:
    """Return the ARN of a deployment group."""
    return f"arn:aws:codedeploy:{get_region()}:{get_account_id()}:deploymentgroup:{application}/{group}"


def configuration(name: str) -> Record | None:
    """Return a configuration, one of AWS's own included."""
    found: Record | None = configurations.get(name)
    return found or _OWN.get(name)


def own_configurations() -> list[str]:
    """Return the names of AWS's own configurations for Lambda."""
    return sorted(_OWN)


def _own(name: str, routing: Record) -> Record:
    return {
        "deploymentConfigId": name,
        "deploymentConfigName": name,
        "computePlatform": "Lambda",
        "createTime": 0.0,
        "trafficRoutingConfig": routing,
    }


def _canary(percent: int, minutes: int) -> Record:
    return {
        "type": "TimeBasedCanary",
        "timeBasedCanary": {"canaryPercentage": percent, "canaryInterval": minutes},
    }


def _linear(percent: int, minutes: int) -> Record:
    return {
        "type": "TimeBasedLinear",
        "timeBasedLinear": {"linearPercentage": percent, "linearInterval": minutes},
    }


# https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
_ROUTINGS = {
    ALL_AT_ONCE: {"type": "AllAtOnce"},
    **{f"CodeDeployDefault.LambdaCanary10Percent{n}Minutes": _canary(10, n) for n in (5, 10, 15, 30)},
    **{
        f"CodeDeployDefault.LambdaLinear10PercentEvery{n}Minute{'s' if n > 1 else ''}": _linear(10, n)
        for n in (1, 2, 3, 10)
    },
}
_OWN = {name: _own(name, routing) for name, routing in _ROUTINGS.items()}
