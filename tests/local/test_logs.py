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


def access(request_id: str, service: str, at: float) -> str:
    started = datetime.fromtimestamp(at, UTC).isoformat()
    return json.dumps(
        {
            "StartUTC": started,
            "request_X-Request-Method": "GET",
            "request_X-Request-Id": request_id,
            "DownstreamStatus": 200,
            "RouterName": f"everything@file -> {service}@file -> {service}-safe@file",
        }
    )


def test_the_access_log_is_filtered_by_service_and_half_lines_wait_for_their_end(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(path, "users")
    assert list(log.read()) == []
    second = access("second", "users", time.time())
    path.write_text(
        access("old", "users", time.time() - 3600)
        + "\n"
        + access("first", "users", time.time())
        + "\n"
        + access("other", "activity", time.time())
        + "\n"
        + second[:20]
    )

    assert [line.text.rpartition("=")[2] for line in log.read()] == ["first"]

    with path.open("a") as file:
        file.write(second[20:] + "\n")
    assert [line.text.rpartition("=")[2] for line in log.read()] == ["second"]
    log.close()
