"""Deployments as the platform itself records them: `make up` leaves events of CloudFormation."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from functions.shared.messaging.events import Event
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.tools.contracts.published import check_event
from tests.waiting import eventually

STACK = "platform-local-users"


def request_of(stacks: list[str], *, at: datetime) -> Event:
    request_id = uuid4().hex
    event = Event(
        type="DeploymentRequested.v1",
        source="operations",
        subject=f"operations/{request_id}",
        sequence=1,
        time=at,
        data={
            "request_id": request_id,
            "commit": "4bf92f3577b34da6a3ce929d0e0e4736bf92f357",
            "committed_at": (at - timedelta(hours=1)).isoformat(),
            "branch": "main",
            "stacks": stacks,
            "services": ["users"],
            "artefacts": {},
            "requested_by": "end-to-end test",
            "past_alarms": False,
        },
    )
    check_event(event)
    return event


def publish(event: Event, platform: PlatformUnderTest) -> None:
    entry = {
        "EventBusName": "platform-local",
        "Source": event.source,
        "DetailType": event.type,
        "Detail": event.to_json(),
    }
    answer = platform.aws("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0


def deliver(event: Event, platform: PlatformUnderTest) -> None:
    """Deliver an event as the bus does that has received it at the event's time."""
    delivered = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": event.type,
        "source": event.source,
        "time": event.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "detail": json.loads(event.to_json()),
    }
    sqs = platform.aws("sqs")
    url = sqs.get_queue_url(QueueName="platform-local-operations-recorder")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(delivered))


def test_the_platform_passes_its_smoke_test(platform: PlatformUnderTest) -> None:
    done = platform.operate("smoke")

    assert done.returncode == 0, done.stdout


def test_the_deployment_of_make_up_is_a_record_that_a_late_request_takes_over(platform: PlatformUnderTest) -> None:
    admin = platform.client("admin")

    def of_users() -> Any:
        page = admin.get("/operations/deployments", params={"limit": 100}).raise_for_status().json()
        return next((each for each in page["items"] if any(part["stack"] == STACK for part in each["parts"])), None)

    def ended() -> Any:
        each = of_users()
        return each if each and each["outcome"] else None

    found = eventually(ended)
    first = admin.get("/operations/deployments", params={"limit": 1}).raise_for_status().json()
    cursor = {"limit": 1, "cursor": first["next_cursor"]}
    second = admin.get("/operations/deployments", params=cursor).raise_for_status().json()
    assert first["items"][0]["id"] != second["items"][0]["id"]
    assert (found["environment"], found["outcome"], found["request"]) == ("local", "succeeded", None)

    event = request_of([STACK], at=datetime.fromisoformat(found["requested_at"]) - timedelta(seconds=5))
    publish(event, platform)
    # Copies that the bus received earlier, and delivers late.
    for _ in range(2):
        deliver(event, platform)

    address = f"/operations/deployments/{event.data['request_id']}"

    def joined() -> Any:
        answer = admin.get(address)
        return answer.json() if answer.is_success and answer.json()["parts"] else None

    record = eventually(joined)
    assert (record["outcome"], record["request"]["branch"]) == ("succeeded", "main")
    assert {each["source"] for each in record["events"]} == {"operations", "aws.cloudformation"}
    assert record["events"][0]["detail"] == json.loads(event.to_json())
    eventually(lambda: admin.get(f"/operations/deployments/{found['id']}").status_code == 404)

    query = "environment=local&service=users&days=7"
    kpi = admin.get(f"/operations/kpis/change_lead_time?{query}").raise_for_status().json()
    assert event.data["request_id"] in [row["deployment_id"] for row in kpi["rows"]]
    chain = admin.get("/operations/chain").raise_for_status().json()
    assert (chain["intact"], chain["last"]) == (True, chain["head"])
