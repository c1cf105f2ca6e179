"""Let a template contain an archive; send a replay only to the rules that it names, report its progress, cancel it.

Relies on the records that `eventbridge` keeps of archives and replays, and on its `_create_archive`, `_update_archive`,
`_delete_archive`, `_describe_archive`, `_archive_event`, `_matches_pattern_view` and `_invoke_target`. As on AWS:
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html
"""

import json
import threading
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

from local.embedded_aws.cloudformation import Properties
from local.embedded_aws.extension import Extension, Hook

_TYPE = "AWS::Events::Archive"
_DAY_S = 24 * 3600
_ENDED = frozenset({"COMPLETED", "CANCELLED", "FAILED"})

_upstream_describe = eventbridge._describe_archive
_upstream_archive = eventbridge._archive_event


def _create(_logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
    name = properties.get("ArchiveName") or provisioners._physical_name(stack_name, _logical_id, max_len=48)
    arn: str = _called(eventbridge._create_archive, _request(name, properties))["ArchiveArn"]
    return name, {"Arn": arn, "ArchiveName": name}


def _update(name: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> tuple[str, Any]:
    if (old.get("ArchiveName"), old["SourceArn"]) != (new.get("ArchiveName"), new["SourceArn"]):
        # A name and a bus cannot change: a new one makes a new archive, as on AWS.
        _delete(name, old)
        return _create(logical_id, new, stack_name)
    arn: str = _called(eventbridge._update_archive, _request(name, new))["ArchiveArn"]
    return name, {"Arn": arn, "ArchiveName": name}


def _delete(name: str, _properties: Properties) -> None:
    eventbridge._delete_archive({"ArchiveName": name})


def _request(name: str, properties: Properties) -> dict[str, Any]:
    pattern = properties.get("EventPattern", "")
    return {
        "ArchiveName": name,
        "EventSourceArn": properties["SourceArn"],
        "Description": properties.get("Description", ""),
        "EventPattern": pattern if isinstance(pattern, str) else json.dumps(pattern),
        "RetentionDays": int(properties.get("RetentionDays", 0)),
    }


def _called(operation: Any, request: dict[str, Any]) -> Any:
    status, _, body = operation(request)
    answer = json.loads(body)
    if status >= 400:  # noqa: PLR2004 - HTTP
        raise ValueError(f"{operation.__name__.lstrip('_')} of {request['ArchiveName']} failed: {answer}")
    return answer


def _describe(data: dict[str, Any]) -> Any:
    """Answer without the events themselves, which upstream includes."""
    archive = eventbridge._archives.get(data.get("ArchiveName"))
    if not archive:
        return _upstream_describe(data)
    events = _kept(archive)
    size_bytes = sum(len(event["Detail"].encode()) for event in events)
    shown = {name: value for name, value in archive.items() if name != "Events"}
    return json_response({**shown, "EventCount": len(events), "SizeBytes": size_bytes})


def _archive(event: dict[str, Any], view: Any = None) -> None:
    """Archive an event, and drop the events past their retention; the oldest come first."""
    _upstream_archive(event, view)
    for archive in eventbridge._archives.values():
        kept = archive.get("Events", [])
        if kept and kept[0]["Time"] < _begins_at(archive):
            archive["Events"] = _kept(archive)


def _kept(archive: dict[str, Any]) -> list[dict[str, Any]]:
    begins_at = _begins_at(archive)
    return [event for event in archive.get("Events", []) if event["Time"] >= begins_at]


def _begins_at(archive: dict[str, Any]) -> float:
    days: int = archive.get("RetentionDays") or 0
    return float(eventbridge._now_ts() - days * _DAY_S) if days else 0.0


def _start_replay(data: dict[str, Any]) -> Any:
    name, source, destination = data.get("ReplayName"), data.get("EventSourceArn", ""), data.get("Destination") or {}
    if name in eventbridge._replays:
        return error_response_json("ResourceAlreadyExistsException", f"Replay {name} already exists.", 400)
    archive = next((each for each in eventbridge._archives.values() if each["ArchiveArn"] == source), None)
    if archive is None:
        return error_response_json("ResourceNotFoundException", f"Archive {source} does not exist.", 400)
    start, end = (eventbridge._coerce_timestamp(data.get(key)) for key in ("EventStartTime", "EventEndTime"))
    rules = dict(_rules_on(archive["EventSourceArn"], destination.get("FilterArns")))
    problem = None
    if not name or start is None or end is None:
        problem = "ReplayName, EventStartTime and EventEndTime are required."
    elif start >= end:
        problem = "Parameter EventEndTime is not valid. Reason: It must be after EventStartTime."
    elif destination.get("Arn") != archive["EventSourceArn"]:
        problem = "Parameter Destination.Arn is not valid. Reason: It must be the event bus of the archive."
    elif set(destination.get("FilterArns") or []) - {rule["Arn"] for rule in rules.values()}:
        problem = "Parameter Destination.FilterArns is not valid. Reason: It names a rule that is not on the bus."
    if problem:
        return error_response_json("ValidationException", problem, 400)
    replay = {
        "ReplayName": name,
        "ReplayArn": source.replace(":archive/", ":replay/").rpartition("/")[0] + f"/{name}",
        "Description": data.get("Description", ""),
        "EventSourceArn": source,
        "EventStartTime": start,
        "EventEndTime": end,
        "Destination": destination,
        "State": "STARTING",
        "ReplayStartTime": eventbridge._now_ts(),
    }
    eventbridge._replays[name] = replay
    answer = json_response({key: replay[key] for key in ("ReplayArn", "State", "ReplayStartTime")})
    # The context variables hold the account and the region, which the thread needs.
    threading.Thread(target=copy_context().run, args=(_run, replay, archive, rules), daemon=True).start()
    return answer


def _rules_on(bus_arn: str, filter_arns: list[str] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    bus = bus_arn.rpartition("/")[2]
    for key, rule in eventbridge._rules.items():
        if rule["EventBusName"] == bus and (not filter_arns or rule["Arn"] in filter_arns):
            yield key, rule


def _run(replay: dict[str, Any], archive: dict[str, Any], rules: dict[str, dict[str, Any]]) -> None:
    if replay["State"] == "STARTING":
        replay["State"] = "RUNNING"
    chosen = [event for event in _kept(archive) if replay["EventStartTime"] <= event["Time"] < replay["EventEndTime"]]
    for event in sorted(chosen, key=lambda each: int(each["Time"])):
        if replay["State"] != "RUNNING":
            break
        _deliver({**event, "ReplayName": replay["ReplayName"]}, rules)
        replay["EventLastReplayedTime"] = event["Time"]
    replay["State"] = "COMPLETED" if replay["State"] == "RUNNING" else "CANCELLED"
    replay["ReplayEndTime"] = eventbridge._now_ts()


def _deliver(event: dict[str, Any], rules: dict[str, dict[str, Any]]) -> None:
    view = eventbridge._pattern_event_view(event)
    for key, rule in rules.items():
        pattern = rule.get("EventPattern")
        if rule.get("State") == "ENABLED" and pattern and eventbridge._matches_pattern_view(pattern, view, key):
            for target in eventbridge._targets.get(key, []):
                eventbridge._invoke_target(target, event, rule, view)


def _cancel_replay(data: dict[str, Any]) -> Any:
    replay = eventbridge._replays.get(data.get("ReplayName"))
    if not replay:
        return error_response_json("ResourceNotFoundException", f"Replay {data.get('ReplayName')} does not exist.", 400)
    if replay["State"] in _ENDED:
        message = f"Replay {replay['ReplayName']} is not in a valid state for this operation."
        return error_response_json("IllegalStatusException", message, 400)
    replay["State"] = "CANCELLING"
    return json_response({"ReplayArn": replay["ReplayArn"], "State": "CANCELLING"})


def _install() -> None:
    provisioners._RESOURCE_HANDLERS[_TYPE] = {
        "create": _create,
        "update": _update,
        "update_with_logical_id": True,
        "delete": _delete,
    }
    eventbridge._describe_archive = _describe
    eventbridge._archive_event = _archive
    eventbridge._start_replay = _start_replay
    eventbridge._cancel_replay = _cancel_replay


def _of_eventbridge(name: str, *parameters: str, contains: tuple[str, ...] = ()) -> Hook:
    return Hook(module="ministack.services.eventbridge", name=name, parameters=parameters, contains=contains)


EXTENSION = Extension(
    closes="A template could not contain an archive; a replay went to every rule, without progress or cancellation.",
    hooks=(
        _of_eventbridge("_create_archive", "data"),
        _of_eventbridge("_update_archive", "data"),
        _of_eventbridge("_delete_archive", "data"),
        _of_eventbridge("_describe_archive", "data"),
        _of_eventbridge(
            "_archive_event", "event", "view", contains=('archive.setdefault("Events", []).append(event)',)
        ),
        _of_eventbridge("_start_replay", "data"),
        _of_eventbridge("_cancel_replay", "data"),
        _of_eventbridge("_pattern_event_view", "event"),
        _of_eventbridge("_matches_pattern_view", "pattern_str", "view", "owner"),
        _of_eventbridge("_invoke_target", "target", "event", "rule", "view"),
        _of_eventbridge("_coerce_timestamp", "value"),
        _of_eventbridge("_restore_state", "data", contains=('if rep.get("State") in ("STARTING", "RUNNING"):',)),
        Hook(
            module="ministack.services.eventbridge",
            name="handle_request",
            contains=('"StartReplay": _start_replay,', '"CancelReplay": _cancel_replay,'),
        ),
        Hook(module="ministack.services.cloudformation.provisioners", name="_physical_name"),
    ),
    install=_install,
)
