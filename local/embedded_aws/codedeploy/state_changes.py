"""The events of deployments on the default bus.

Relies on `eventbridge._put_events`, with which MiniStack's own services publish.
https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html
"""

import hashlib
import json
import logging
from typing import Any

from ministack.core.responses import get_region
from ministack.services import eventbridge

from local.embedded_aws.codedeploy import records

DETAIL_TYPE = "CodeDeploy Deployment State-change Notification"

_log = logging.getLogger(__name__)


def publish(deployment: dict[str, Any], state: str) -> None:
    """Publish that a deployment came to a state: START, SUCCESS, FAILURE or STOP."""
    application, group = deployment["applicationName"], deployment["deploymentGroupName"]
    detail = {
        "region": get_region(),
        "deploymentId": deployment["deploymentId"],
        "instanceGroupId": _group_id(application, group),
        "deploymentGroup": group,
        "state": state,
        "application": application,
    }
    entry = {
        "Source": "aws.codedeploy",
        "DetailType": DETAIL_TYPE,
        "Detail": json.dumps(detail),
        "Resources": [records.group_arn(application, group), records.application_arn(application)],
    }
    status, _, body = eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    if status != 200 or json.loads(body).get("FailedEntryCount"):  # noqa: PLR2004 - HTTP
        _log.error("The event %s of %s was not published: %s", state, deployment["deploymentId"], body)


def _group_id(application: str, group: str) -> str:
    found = records.groups.get(records.group_key(application, group)) or {}
    return str(found.get("deploymentGroupId") or hashlib.sha256(group.encode()).hexdigest()[:32])
