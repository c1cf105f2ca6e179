"""Answer queries of Logs Insights in the language that `queries/` uses, and refuse any other syntax.

Replaces `cloudwatch_logs._start_query`, which silently ignored unknown syntax; relies on its
`_resolve_query_log_groups`, `_collect_query_records` and `_queries`, which GetQueryResults reads. As on AWS, the
members of a JSON line are fields, and members of nested objects have names with dots:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, json_response, new_uuid
from ministack.services import cloudwatch_logs

from local.embedded_aws.extension import Extension, Hook
from local.embedded_aws.logs.query import TIME_MS, parse
from local.embedded_aws.logs.query_language import MalformedQuery, Record


def _start_query(data: dict[str, Any]) -> Any:
    groups = cloudwatch_logs._resolve_query_log_groups(data)
    missing = [name for name in groups if name not in cloudwatch_logs._log_groups]
    if missing:
        message = f"The specified log group does not exist: {missing[0]}"
        return error_response_json("ResourceNotFoundException", message, 400)
    try:
        query = parse(data.get("queryString", ""))
    except MalformedQuery as error:
        return error_response_json("MalformedQueryException", str(error), 400)
    start_s, end_s = data.get("startTime", 0), data.get("endTime", int(time.time()))
    found = cloudwatch_logs._collect_query_records(groups, start_s, end_s)
    rows = query.answer([_fields(record) for record in found])
    query_id = new_uuid()
    cloudwatch_logs._queries[query_id] = {
        "queryId": query_id,
        "logGroupName": groups[0] if groups else "",
        "queryString": data.get("queryString", ""),
        "startTime": start_s,
        "endTime": end_s,
        "status": "Complete",
        "results": [[{"field": name, "value": value} for name, value in row.items()] for row in rows],
        "statistics": {
            "recordsMatched": float(len(rows)),
            "recordsScanned": float(len(found)),
            "bytesScanned": float(sum(len(record["@message"]) for record in found)),
        },
    }
    return json_response({"queryId": query_id})


def _fields(record: dict[str, Any]) -> Record:
    own = {name: value for name, value in record.items() if name.startswith("@")}
    own |= {"@log": f"{get_account_id()}:{record['@log']}", TIME_MS: record["_timestamp_ms"]}
    try:
        line = json.loads(record["@message"])
    except ValueError:
        return own
    return (dict(_flat(line)) if isinstance(line, dict) else {}) | own


def _flat(members: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in members.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            nested = {str(place): each for place, each in enumerate(value)}
            yield from _flat(nested, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", value


def _install() -> None:
    cloudwatch_logs._start_query = _start_query


EXTENSION = Extension(
    closes="Logs Insights had no fields of a line and no `stats`, and silently ignored unknown syntax.",
    hooks=(
        Hook(module="ministack.services.cloudwatch_logs", name="_start_query", parameters=("data",)),
        Hook(module="ministack.services.cloudwatch_logs", name="_resolve_query_log_groups", parameters=("data",)),
        Hook(
            module="ministack.services.cloudwatch_logs",
            name="_collect_query_records",
            parameters=("group_names", "start_time_s", "end_time_s"),
        ),
        Hook(
            module="ministack.services.cloudwatch_logs",
            name="_build_log_record",
            contains=('"@message": message', '"_timestamp_ms": timestamp_ms'),
        ),
        Hook(
            module="ministack.services.cloudwatch_logs",
            name="_get_query_results",
            contains=('query.get("results", [])',),
        ),
    ),
    install=_install,
)
