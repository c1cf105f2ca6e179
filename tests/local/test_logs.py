import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.logs import AccessLog, _without


def event(message: str, timestamp: int = 1) -> dict[str, Any]:
    return {"logStreamName": "s", "timestamp": timestamp, "message": message}


def test_shown_lines_are_left_out_as_often_as_they_were_shown() -> None:
    shown = [event("twice"), event("once")]

    assert _without([event("twice"), event("twice"), event("once"), event("new")], shown) == [
        event("twice"),
        event("new"),
    ]


def access(path: str, service: str, at: float) -> str:
    started = datetime.fromtimestamp(at, UTC).isoformat()
    return json.dumps(
        {
            "StartUTC": started,
            "RequestMethod": "GET",
            "RequestPath": path,
            "DownstreamStatus": 200,
            "ServiceName": f"{service}@file",
        }
    )


def test_the_access_log_is_filtered_by_service_and_half_lines_wait_for_their_end(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(path, "users")
    assert list(log.read()) == []
    second = access("/users/2", "users", time.time())
    path.write_text(
        access("/old", "users", time.time() - 3600)
        + "\n"
        + access("/users/1", "users", time.time())
        + "\n"
        + access("/activity", "activity", time.time())
        + "\n"
        + second[:20]
    )

    assert [line.text.split()[1] for line in log.read()] == ["/users/1"]

    with path.open("a") as file:
        file.write(second[20:] + "\n")
    assert [line.text.split()[1] for line in log.read()] == ["/users/2"]
    log.close()
