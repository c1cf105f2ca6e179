"""Queries of CloudWatch Logs Insights on the log groups of the functions."""

import re
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from operate.deployed.query_file import QueryFile
from operate.errors import OperateError
from operate.target import Target

# The parameter with the time range: `last=15m`.
LAST = "last"
_UNITS_S = {"m": 60, "h": 3600, "d": 86_400}
# Excludes every character that could end a literal or start another command.
_SAFE = re.compile(r"[\w.:@/+-]{1,200}")
_POLL_S = 0.5
# A query runs for an hour at most: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
_DONE = frozenset({"Complete", "Failed", "Cancelled", "Timeout"})
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
GROUPS_AT_MOST = 50


def run_logs(
    query: QueryFile, arguments: Mapping[str, str], target: Target, *, sleep: Callable[[float], None] = time.sleep
) -> list[dict[str, str]]:
    """Run a query on the logs of the time range `last`; return its rows.

    Raises:
        OperateError: A parameter is invalid, a log group does not exist, or the query failed.
    """
    logs, now = target.client("logs"), int(time.time())
    text = text_of(query, arguments)
    groups = log_groups(query, target)
    try:
        started = logs.start_query(
            logGroupNames=groups, startTime=now - span_s(arguments[LAST]), endTime=now + 1, queryString=text
        )
    except logs.exceptions.ResourceNotFoundException as error:
        raise OperateError(f"{error.response['Error']['Message']}. Are all services deployed?") from error
    except logs.exceptions.MalformedQueryException as error:
        raise OperateError(f"queries/{query.name}.logs: {error.response['Error']['Message']}") from error
    try:
        while (answer := logs.get_query_results(queryId=started["queryId"]))["status"] not in _DONE:
            sleep(_POLL_S)
    except KeyboardInterrupt:
        logs.stop_query(queryId=started["queryId"])
        raise
    if answer["status"] != "Complete":
        raise OperateError(f"The query ended with the status {answer['status']}.")
    return [{each["field"]: each["value"] for each in row if each["field"] != "@ptr"} for row in answer["results"]]


def text_of(query: QueryFile, arguments: Mapping[str, str]) -> str:
    """Return the text of a query with its parameters inserted.

    Raises:
        OperateError: A parameter has characters that do not occur in ids, names and addresses.
    """
    text = query.text
    for name, value in arguments.items():
        if name != LAST and not _SAFE.fullmatch(value):
            raise OperateError(f"{name}: expected letters, digits and . : @ / + - _, found {value!r}.")
        text = text.replace(f"{{{name}}}", value)
    return text


def log_groups(query: QueryFile, target: Target) -> list[str]:
    """Return the log groups of the functions that match the query's patterns.

    Raises:
        OperateError: No function matches, or too many do.
    """
    functions = [
        (manifest.service, name)
        for manifest in target.manifests.values()
        for name in manifest.functions
        if any(fnmatchcase(f"{manifest.service}/{name}", pattern) for pattern in query.log_groups)
    ]
    if not 0 < len(functions) <= GROUPS_AT_MOST:
        patterns = ", ".join(query.log_groups)
        raise OperateError(
            f"{query.name}: {len(functions)} functions match {patterns}; Logs Insights accepts 1 to {GROUPS_AT_MOST}."
        )
    return [f"/aws/lambda/{target.name_of(*function)}" for function in functions]


def span_s(text: str) -> int:
    """Parse a time range, `15m`, `2h` or `7d`, into seconds.

    Raises:
        OperateError: The text is not a time range.
    """
    found = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", text)
    if found is None:
        raise OperateError(f"{LAST}: expected minutes, hours or days, such as 15m, 2h or 7d; found {text!r}.")
    return int(found[1]) * _UNITS_S[found[2]]
