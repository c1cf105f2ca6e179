"""Requests for operations, for the authorisation matrix: deployments and incidents have no owner."""

import json
from typing import TYPE_CHECKING

import httpx

from functions.operations.incidents.domain import stamp
from tests.operations.incidents.alarms import alarm_event, at, state
from tests.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.platform_under_test import PlatformUnderTest

# An alarm that the platform does not have; the incident is over, and the same each time.
ALARM = "platform-local-authorisation-failures"
INCIDENT_ID = f"{stamp(at(0))}-authorisation-failures"
_KPIS = {"environment": "local"}
QUERIES = {"GET /operations/kpis": _KPIS, "GET /operations/kpis/{name}": _KPIS}


def set_up(platform: "PlatformUnderTest") -> None:
    """Deliver the end of an alarm, as the default bus does."""
    sqs = platform.aws("sqs")
    url = sqs.get_queue_url(QueueName="platform-local-operations-recorder")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(alarm_event(ALARM, state("ALARM", 0), state("OK", 5))))


def make(_owner: httpx.Client, admin: httpx.Client) -> dict[str, str]:
    """Return the parameters of the paths: a deployment that `make up` itself left, and the incident of `set_up`."""

    def newest() -> str:
        items = admin.get("/operations/deployments", params={"limit": 1}).raise_for_status().json()["items"]
        return str(items[0]["id"]) if items else ""

    eventually(lambda: admin.get(f"/operations/incidents/{INCIDENT_ID}").is_success)
    return {"deployment_id": eventually(newest), "name": "change_lead_time", "incident_id": INCIDENT_ID}
