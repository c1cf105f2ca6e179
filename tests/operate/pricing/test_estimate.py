"""The estimate counts units in the templates and the manifests, and multiplies them with prices."""

from dataclasses import replace
from typing import Any

import pytest

from cdk.settings.environment import Environment, load_environment
from cdk.settings.manifest import Function
from cdk.settings.manifests import load_manifests
from operate.pricing.estimate import Cost, Estimate, Platform, estimate
from operate.pricing.load import HOURS, SECONDS, Load, load_at
from operate.pricing.prices import Prices, load_prices
from operate.pricing.synthesis import Resources


@pytest.fixture
def a_dollar_each() -> Prices:
    """Prices of a dollar for every unit, so that dollars are units."""
    prices = load_prices("eu-west-1")
    return prices.model_copy(update={"usd": dict.fromkeys(prices.usd, 1.0)})


def platform(*resources: tuple[str, dict[str, Any]], services: bool = False, **settings: object) -> Platform:
    """A platform of some resources in dev, with or without the services of this project."""
    environment = Environment.model_validate({**load_environment("dev").model_dump(), **settings})
    template = {
        "Resources": {str(number): {"Type": kind, "Properties": each} for number, (kind, each) in enumerate(resources)}
    }
    return Platform(environment, load_manifests() if services else [], Resources([template]))


def lines(of: Platform, prices: Prices, load: Load) -> dict[str, Cost]:
    found = estimate(of, prices, load)
    return {what: cost for part in found.lines.values() for what, cost in part.items()}


def test_a_type_without_a_price_is_listed_and_stops_nothing(a_dollar_each: Prices) -> None:
    found = estimate(
        platform(("AWS::Space::Rocket", {}), ("AWS::KMS::Key", {}), ("AWS::IAM::Role", {})), a_dollar_each, load_at(0)
    )

    assert found.not_priced == ("AWS::Space::Rocket",)
    assert found.total == Cost(fixed=1, total=1)


def test_load_balancers_cost_hours_addresses_and_capacity(a_dollar_each: Prices) -> None:
    balancers = platform(
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internet-facing", "Subnets": [1, 2, 3]}),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internal", "Subnets": [4, 5, 6]}),
    )

    found = lines(balancers, a_dollar_each, load_at(1000, {"request_kb": 1, "response_kb": 4}))

    assert found["public load balancer"].fixed == found["internal load balancer"].fixed == HOURS
    assert found["public load balancer, addresses"].fixed == 3 * HOURS
    # 18 GB an hour: a capacity unit for each GB, and for each 0.4 GB to functions.
    assert found["public load balancer, capacity"].total == pytest.approx(18 * HOURS)
    assert found["internal load balancer, capacity"].total == pytest.approx(45 * HOURS)


def test_tasks_cost_their_size_for_the_smallest_number_of_tasks(a_dollar_each: Prices) -> None:
    task = ("AWS::ECS::TaskDefinition", {"Cpu": "512", "Memory": "1024"})

    found = lines(platform(task, edge={"tasks_min": 3}), a_dollar_each, load_at(0))

    assert found["gateway tasks, processors"].fixed == 3 * 0.5 * HOURS
    assert found["gateway tasks, memory"].fixed == 3 * HOURS


def test_more_tasks_cost_from_the_load_on_that_the_smallest_number_cannot_serve(a_dollar_each: Prices) -> None:
    small = platform(
        ("AWS::ECS::TaskDefinition", {"Cpu": "256", "Memory": "512"}),
        edge={"tasks_min": 2, "task_cpu": 256, "task_memory_mb": 512},
    )

    # A task of a quarter of a vCPU serves 525 requests a second.
    cores = [lines(small, a_dollar_each, load_at(rate))["gateway tasks, processors"].total for rate in (1050, 1051)]

    assert cores == [2 * 0.25 * HOURS, 3 * 0.25 * HOURS]


def test_interface_endpoints_cost_in_each_zone_and_gateway_endpoints_are_free(a_dollar_each: Prices) -> None:
    network = platform(
        ("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Interface", "SubnetIds": [1, 2, 3]}),
        ("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Gateway"}),
    )

    found = lines(network, a_dollar_each, load_at(0))

    assert found["interface endpoints"].fixed == 3 * HOURS
    assert "NAT gateways" not in found


def test_functions_cost_what_their_trigger_causes(a_dollar_each: Prices) -> None:
    [manifest] = [each for each in load_manifests() if each.service == "users"]
    events = Function(handler="functions.users.lambdas.a.handler", trigger="events", consumes=("*",), memory_mb=256)
    functions = {"api": manifest.functions["api"], "relay": manifest.functions["relay"], "reader": events}
    of = replace(platform(), manifests=[manifest.model_copy(update={"functions": functions})])
    assumed = {"write_share": 0.5, "events_per_write": 1, "events_per_batch": 10, "http_ms": 10, "batch_ms": 100}

    found = lines(of, a_dollar_each, load_at(20, assumed))

    # A second has 20 requests and 10 events: one batch for the relay, and one for the reader.
    assert found["HTTP, invocations"].total == pytest.approx(20 * SECONDS)
    assert found["HTTP, time"].total == pytest.approx(20 * 0.01 * functions["api"].memory_mb / 1024 * SECONDS)
    assert found["relays, invocations"].total == pytest.approx(SECONDS)
    assert found["consumers of every event, time"].total == pytest.approx(0.1 * 0.25 * SECONDS)


def test_snapshots_cost_without_load_if_functions_start_from_them(a_dollar_each: Prices) -> None:
    load = load_at(0, {"snapshot_versions": 2})
    of = platform(services=True, snap_start=True)
    memory_gb = sum(each.memory_mb for each in of.http_functions) / 1024

    assert lines(of, a_dollar_each, load)["snapshots"].fixed == memory_gb * 2 * SECONDS
    assert "snapshots" not in lines(platform(services=True, snap_start=False), a_dollar_each, load)


def test_each_backup_of_a_table_is_a_whole_copy_in_each_vault(a_dollar_each: Prices) -> None:
    backup = {"daily_kept_days": 35, "monthly_kept_days": 360, "copy_region": "eu-central-1"}
    load = load_at(10)

    found = estimate(platform(backup=backup), a_dollar_each, load)

    assert found.lines["backups"]["tables"].total == pytest.approx((35 + 12) * 2 * load.table_gb)
    assert "backups" not in estimate(platform(backup=None), a_dollar_each, load).lines


def test_throttled_keys_cost_a_rule_for_each_key_attribute(a_dollar_each: Prices) -> None:
    insights = {"ContributorInsightsSpecification": {"Enabled": True}}
    table = {
        "KeySchema": [1],
        **insights,
        "GlobalSecondaryIndexes": [{"KeySchema": [1, 2], **insights}, {"KeySchema": [1]}],
    }

    found = lines(platform(("AWS::DynamoDB::Table", table)), a_dollar_each, load_at(0))

    assert found["tables, throttled keys"].fixed == 3


def test_an_alarm_costs_each_of_its_metrics(a_dollar_each: Prices) -> None:
    metrics = [{"Expression": "100 * failed / requests"}, {"MetricStat": {}}, {"MetricStat": {}}]
    of = platform(
        ("AWS::CloudWatch::Alarm", {"MetricName": "ApproximateAgeOfOldestMessage"}),
        ("AWS::CloudWatch::Alarm", {"Metrics": metrics}),
        ("AWS::CloudWatch::CompositeAlarm", {}),
    )

    found = lines(of, a_dollar_each, load_at(0))

    assert (found["alarms"].fixed, found["composite alarms"].fixed) == (3, 1)


def test_the_parts_add_up_to_the_total() -> None:
    found: Estimate = estimate(platform(("AWS::KMS::Key", {}), services=True), load_prices("eu-west-1"), load_at(50))

    assert sum(cost.total for cost in found.parts.values()) == pytest.approx(found.total.total)
    assert 0 < found.total.fixed < found.total.total
