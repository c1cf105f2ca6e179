"""The shapes in which the API describes deployments and their targets."""

from typing import Any

from ministack.core.responses import get_account_id, get_region

from local.embedded_aws.codedeploy import records

type Record = dict[str, Any]


def deployment_info(record: Record) -> Record:
    """Return the `deploymentInfo` of a deployment."""
    info = {key: value for key, value in record.items() if not key.startswith("_")}
    state = {"Created": "Pending", "Stopped": "Failed"}.get(record["status"], record["status"])
    counts = dict.fromkeys(("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready"), 0)
    return {**info, "deploymentOverview": {**counts, state: 1}}


def target_id(record: Record) -> str:
    """Return the id of the one target of a deployment to Lambda: the function and the alias."""
    spec = record["_spec"]
    return f"{spec['function']}:{spec['alias']}"


def target(record: Record) -> Record:
    """Return the `deploymentTarget` of a deployment, with its lifecycle events and the weight of the new version."""
    spec = record["_spec"]
    status = {"Created": "Pending", "Stopped": "Failed"}.get(record["status"], record["status"])
    function = spec["function"].rpartition(":function:")[2]
    events = [
        {
            **{key: step[key] for key in ("lifecycleEventName", "startTime", "endTime", "diagnostics") if key in step},
            "status": step["status"],
        }
        for step in record["_steps"]
    ]
    return {
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {
            "deploymentId": record["deploymentId"],
            "targetId": target_id(record),
            "targetArn": f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{function}:{spec['alias']}",
            "status": status,
            "lastUpdatedAt": record.get("completeTime") or record.get("startTime") or record["createTime"],
            "lifecycleEvents": events,
            "lambdaFunctionInfo": {
                "functionName": function,
                "functionAlias": spec["alias"],
                "currentVersion": spec["current"],
                "targetVersion": spec["target"],
                "targetVersionWeight": record["_targetWeight"],
            },
        },
    }


def group_info(record: Record) -> Record:
    """Return the `deploymentGroupInfo` of a group, with its last deployments."""
    info = {key: value for key, value in record.items() if not key.startswith("_")}
    own = [
        each
        for each in records.deployments.values()
        if (each["applicationName"], each["deploymentGroupName"])
        == (record["applicationName"], record["deploymentGroupName"])
    ]
    own.sort(key=lambda each: float(each["createTime"]))
    for key, chosen in (
        ("lastAttemptedDeployment", own[-1:]),
        ("lastSuccessfulDeployment", [each for each in own if each["status"] == "Succeeded"][-1:]),
    ):
        for each in chosen:
            info[key] = {
                "deploymentId": each["deploymentId"],
                "status": each["status"],
                "createTime": each["createTime"],
                **({"endTime": each["completeTime"]} if "completeTime" in each else {}),
            }
    return info
