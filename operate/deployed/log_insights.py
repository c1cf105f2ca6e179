"""Queries of CloudWatch Logs Insights, over the log groups of the functions."""

import re
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from operate.deployed.query_file import QueryFile
from operate.errors import OperateError
from operate.target import Target

# What a query is asked of unless it says: `last=15m`.
LAST = "last"
_SPANS_S = {"m": 60, "h": 3600, "d": 86_400}
# Nothing that could end a literal or begin another command.
_SAFE = re.compile(r"[\w.:@/+-]{1,200}")
_POLL_S = 0.5
# An hour is the longest that a query runs: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
_DONE = frozenset({"Complete", "Failed", "Cancelled", "Timeout"})
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
GROUPS_AT_MOST = 50


def run_logs(
    query: QueryFile, arguments: Mapping[str, str], target: Target, *, sleep: Callable[[float], None] = time.sleep
) -> list[dict[str, str]]:
    """Run a query over the time since `last` ago; return its rows.

    Raises:
        OperateError: A parameter is not as it must be, there is no such log group, or the query failed.
    """
    logs, now = target.client("logs"), int(time.time())
    text = text_of(query, arguments)
    groups = log_groups(query, target)
    try:
        started = logs.start_query(
            logGroupNames=groups, startTime=now - span_s(arguments[LAST]), endTime=now + 1, queryString=text
        )
    except logs.exceptions.ResourceNotFoundException as error:
        raise OperateError(f"{error.response['Error']['Message']}: are all services deployed?") from error
    except logs.exceptions.MalformedQueryException as error:
        raise OperateError(f"queries/{query.name}.logs: {error.response['Error']['Message']}") from error
    try:
        while (answer := logs.get_query_results(queryId=started["queryId"]))["status"] not in _DONE:
            sleep(_POLL_S)
    except KeyboardInterrupt:
        logs.stop_query(queryId=started["queryId"])
        raise
    if answer["status"] != "Complete":
        raise OperateError(f"The query ended as {answer['status']}.")
    return [{each["field"]: each["value"] for each in row if each["field"] != "@ptr"} for row in answer["results"]]


def text_of(query: QueryFile, arguments: Mapping[str, str]) -> str:
    """Return the text of a query with its parameters in it.

    Raises:
        OperateError: One has other characters than those of ids, names and addresses.
    """
    text = query.text
    for name, value in arguments.items():
        if name != LAST and not _SAFE.fullmatch(value):
            raise OperateError(f"{name}: expected letters, digits and . : @ / + - _, found {value!r}.")
        text = text.replace(f"{{{name}}}", value)
    return text


def log_groups(query: QueryFile, target: Target) -> list[str]:
    """Return the log groups of the functions that the query is of.

    Raises:
        OperateError: There is no such function, or there are too many.
    """
    functions = [
        (manifest.service, name)
        for manifest in target.manifests.values()
        for name in manifest.functions
        if any(fnmatchcase(f"{manifest.service}/{name}", pattern) for pattern in query.log_groups)
    ]
    if not 0 < len(functions) <= GROUPS_AT_MOST:
        wanted = ", ".join(query.log_groups)
        raise OperateError(f"{query.name}: {len(functions)} functions are {wanted}; Logs Insights takes 1 to 50.")
    return [f"/aws/lambda/{target.name_of(*function)}" for function in functions]


def span_s(text: str) -> int:
    """Read a span of time: `15m`, `2h`, `7d`.

    Raises:
        OperateError: It is none.
    """
    found = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", text)
    if found is None:
        raise OperateError(f"{LAST}: expected minutes, hours or days, as 15m, 2h or 7d; found {text!r}.")
    return int(found[1]) * _SPANS_S[found[2]]
