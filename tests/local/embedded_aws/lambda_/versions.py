"""Functions with published versions and an alias `live`."""

from typing import Any

from ministack.services import lambda_svc

from tests.local.embedded_aws.resources import function

# Each version answers with its number.
NUMBER = "import os\ndef handler(event, context):\n    return {number}"
ROLE = "arn:aws:iam::000000000000:role/r"


def publish(sources: dict[str, str], *, alias: str, name: str = "tried") -> dict[str, Any]:
    """Make a function with these versions; return its alias, which names one of them."""
    record = function(next(iter(sources.values())), name=name)
    record["config"]["Version"] = "$LATEST"
    versions = {}
    for number, source in sources.items():
        version = function(source, name=name)
        version["config"] |= {"Version": number, "FunctionArn": f"{record['config']['FunctionArn']}:{number}"}
        versions[number] = version
    live = {"AliasArn": f"{record['config']['FunctionArn']}:live", "Name": "live", "FunctionVersion": alias}
    live |= {"RevisionId": "1", "Description": ""}
    lambda_svc._functions[name] = {**record, "versions": versions, "aliases": {"live": live}}
    return live


def numbered(*numbers: str) -> dict[str, str]:
    """Return the source of each version, which answers with its number."""
    return {number: NUMBER.format(number=number) for number in numbers}
