"""The dashboard of an environment."""

import json
from itertools import combinations

import pytest
from aws_cdk import App, assertions

from cdk.monitoring.dashboard import DashboardStack
from cdk.settings.environment import Environment, environment_names
from cdk.settings.manifests import load_manifests
from functions.shared.interface.names import CHANGE_LEAD_TIME, DEPLOYMENT_CYCLE_TIME, DEPLOYMENT_SUCCEEDED
from tests.cdk.templates import Assembly, Json


def body(assembly: Assembly, environment: str) -> Json:
    dashboard = assembly.stack(f"platform-{environment}-dashboard").only("AWS::CloudWatch::Dashboard")["DashboardBody"]
    text = dashboard if isinstance(dashboard, str) else "".join(
        part if isinstance(part, str) else "ACCOUNT" for part in dashboard["Fn::Join"][1]
    )  # fmt: skip
    found: Json = json.loads(text)
    return found


def headings(found: Json) -> list[str]:
    return [widget["properties"]["markdown"] for widget in found["widgets"] if widget["type"] == "text"]


def test_every_service_has_a_row_and_the_gateway_has_one_on_aws(assembly: Assembly) -> None:
    services = ["## albums", "## audit", "## ledger", "## orders", "## prints"]

    assert headings(body(assembly, "prod")) == ["## gateway", *services]
    assert headings(body(assembly, "local")) == services


def test_the_row_of_delivery_shows_each_service_if_one_records_deployments(prod: Environment) -> None:
    manifests = load_manifests()
    stack = DashboardStack(App(), "dashboard", environment=prod, manifests=manifests, has_gateway=False)
    [made] = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard").values()
    text = json.dumps(made["Properties"]["DashboardBody"])

    assert "## delivery" in text
    for name in (DEPLOYMENT_SUCCEEDED, DEPLOYMENT_CYCLE_TIME, CHANGE_LEAD_TIME):
        assert all(
            f'"platform-prod", "{name}", "service", "{each.service}"' in text.replace('\\"', '"') for each in manifests
        )


@pytest.mark.parametrize("environment", environment_names())
def test_no_widget_covers_another_or_extends_past_the_dashboard(assembly: Assembly, environment: str) -> None:
    widgets = body(assembly, environment)["widgets"]

    def covers(one: Json, other: Json) -> bool:
        return all(
            one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
            for start, size in (("x", "width"), ("y", "height"))
        )

    assert not [pair for pair in combinations(widgets, 2) if covers(*pair)]
    assert max(widget["x"] + widget["width"] for widget in widgets) <= 24


def test_a_row_shows_the_alarms_that_the_service_has(assembly: Assembly) -> None:
    stack = assembly.stack("platform-prod-orders")
    shown = next(
        widget["properties"]["alarms"]
        for widget in body(assembly, "prod")["widgets"]
        if widget["properties"].get("title") == "alarms of orders"
    )
    made = [
        alarm["AlarmName"]
        for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        for alarm in stack.resources(kind)
        if "AlarmActions" in alarm
    ]

    assert sorted(arn.rpartition(":")[2] for arn in shown) == sorted(made)
    # A widget shows at most a hundred alarms.
    assert len(shown) <= 100


def test_the_graphs_show_the_metrics_that_alarms_read(assembly: Assembly) -> None:
    drawn = {
        (entry[0], entry[1], *sorted(entry[2:-1]))
        for widget in body(assembly, "prod")["widgets"]
        for entry in widget["properties"].get("metrics", ())
        if len(entry) > 1
    }
    read = {
        (
            alarm["Namespace"],
            alarm["MetricName"],
            *sorted(part for each in alarm["Dimensions"] for part in each.values()),
        )
        for alarm in assembly.stack("platform-prod-ledger").resources("AWS::CloudWatch::Alarm")
        if "MetricName" in alarm
    }

    assert len(read) == 4
    assert read <= drawn
