"""The ways in which a release is shown."""

import io
import json
from dataclasses import replace

from rich.console import Console

from local.release.display import JsonDisplay, LineDisplay, TableDisplay, display_for
from local.release.progress import FunctionRelease, Traffic

CANARY = FunctionRelease(
    function="api",
    deployment_id="d-1",
    status="InProgress",
    old_version="1",
    new_version="2",
    new_percent=10,
    steps={"BeforeAllowTraffic": "Succeeded", "AllowTraffic": "InProgress", "AfterAllowTraffic": "Pending"},
    alarms={"errors": "OK", "latency": "OK"},
    old=Traffic(requests=90, failures=0),
    new=Traffic(requests=10, failures=3),
    reason="",
    left_s=42.0,
)
STOPPED = replace(CANARY, status="Stopped", new_percent=0, alarms={"errors": "ALARM"}, reason="It fired.", left_s=None)


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def written(shown: Console) -> list[str]:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue().splitlines()


def test_lines_say_each_change_once() -> None:
    shown = console()
    with LineDisplay(shown) as display:
        display.show([CANARY])
        display.show([replace(CANARY, left_s=41.0, new=Traffic(requests=11, failures=3))])
        display.show([STOPPED])

    counted = "old 90 requests, 0 failed; new 10 requests, 3 failed"
    begun = "api: InProgress; version 1 90 %, 2 10 %; hooks BeforeAllowTraffic Succeeded; alarms 2 quiet"
    ended = "api: Stopped; version 1 100 %, 2 0 %; hooks BeforeAllowTraffic Succeeded; alarms firing: errors; It fired."
    assert written(shown) == [f"{begun}; {counted}", f"{ended}; {counted}"]


def test_each_line_of_json_is_an_object_for_one_change() -> None:
    shown = console()
    with JsonDisplay(shown) as display:
        display.say("Building.")
        display.show([CANARY])
        display.show([replace(CANARY, left_s=41.0)])
        display.show([STOPPED])

    message, *functions = [json.loads(line) for line in written(shown)]
    assert message == {"event": "message", "text": "Building."}
    assert [(each["event"], each["status"], each["new_percent"]) for each in functions] == [
        ("function", "InProgress", 10),
        ("function", "Stopped", 0),
    ]
    assert functions[0]["new"] == {"requests": 10, "failures": 3}


def test_a_terminal_has_a_table_with_the_time_that_is_left() -> None:
    shown = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    with TableDisplay(shown) as display:
        display.show([CANARY])

    text = "\n".join(written(shown))
    for part in ("1: 90 %, 90 requests, 0 failed", "2: 10 %, 10 requests, 3 failed", "InProgress, 42 s left"):
        assert part in text


def test_only_a_terminal_gets_the_table() -> None:
    assert isinstance(display_for(console(), as_json=False), LineDisplay)
    assert isinstance(display_for(Console(file=io.StringIO(), force_terminal=True), as_json=False), TableDisplay)
    assert isinstance(display_for(console(), as_json=True), JsonDisplay)
