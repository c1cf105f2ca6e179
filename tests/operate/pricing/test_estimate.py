"""What resources cost: counted in the template, priced by the table."""

from dataclasses import replace
from typing import Any

import pytest

from operate.errors import OperateError
from operate.pricing.estimate import PRICED, estimate, estimate_containers
from operate.pricing.inventory import Inventory
from operate.pricing.load import HOURS, SECONDS, Load, load_at
from operate.pricing.prices import PriceTable, load_prices
from tests.operate.pricing.resources import alias, called_over_http, fills, function, inventory, prices_of_one, reads


@pytest.fixture
def prices() -> PriceTable:
    return load_prices("eu-west-1")


def units(of: Inventory, load: Load, price: str) -> tuple[float, float]:
    """Return how many units of a price there are, without load and with it."""
    lines = [line for line in estimate(of, load_prices("eu-west-1"), load).lines if line.price == price]
    return sum(line.fixed for line in lines), sum(line.used for line in lines)


def test_a_type_that_nobody_priced_stops_the_estimate(prices: PriceTable) -> None:
    things = inventory(Bus=("AWS::Events::EventBus", {}), Rocket=("AWS::Space::Rocket", {}))

    with pytest.raises(OperateError, match=r"Nobody said what these cost: AWS::Space::Rocket\. Price them in"):
        estimate(things, prices, load_at(1))


def test_what_is_said_to_be_free_costs_nothing(prices: PriceTable) -> None:
    # Functions are found by these, which are told more then.
    names = sorted(set(prices.free) - {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"})
    free = inventory(**{f"R{number}": (name, {}) for number, name in enumerate(names)})

    assert estimate(free, prices, load_at(0)).total.total == 0
    assert set(prices.free) & PRICED == set()


def test_load_balancers_cost_their_hours_their_addresses_and_their_capacity() -> None:
    balancers = inventory(
        Public=("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internet-facing", "Subnets": [1, 2, 3]}),
        Internal=("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internal", "Subnets": [4, 5, 6]}),
    )
    load = load_at(1000, {"request_kb": 1, "response_kb": 4, "new_connection_share": 0})

    assert units(balancers, load, "load_balancer_hour") == (2 * HOURS, 0)
    assert units(balancers, load, "public_address_hour") == (3 * HOURS, 0)
    # 18 GB an hour: a unit for each of them, and for each 0.4 that go to functions.
    assert units(balancers, load, "load_balancer_capacity")[1] == pytest.approx((18 + 45) * HOURS)


def test_connections_take_capacity_where_they_are_more_than_the_bytes() -> None:
    balancer = inventory(A=("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internet-facing", "Subnets": []}))
    load = load_at(1000, {"request_kb": 0, "response_kb": 0, "new_connection_share": 0.5})

    assert units(balancer, load, "load_balancer_capacity") == (0, 20 * HOURS)


def gateway(**more: Any) -> Inventory:
    target = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"}, "TargetValue": 600}
    return inventory(
        Task=("AWS::ECS::TaskDefinition", {"Cpu": "512", "Memory": "1024"}),
        Service=("AWS::ECS::Service", {}),
        Target=("AWS::ApplicationAutoScaling::ScalableTarget", {"MinCapacity": 2, "MaxCapacity": 20}),
        Scaling=("AWS::ApplicationAutoScaling::ScalingPolicy", {"TargetTrackingScalingPolicyConfiguration": target}),
        **more,
    )


@pytest.mark.parametrize(("rate", "tasks"), [(0, 2), (20, 2), (21, 3), (100, 10)])
def test_tasks_follow_the_requests_as_their_scaling_policy_says(rate: float, tasks: int) -> None:
    fixed, used = units(gateway(), load_at(rate), "fargate_cpu_hour")

    assert fixed == 2 * 0.5 * HOURS
    assert fixed + used == tasks * 0.5 * HOURS


def test_endpoints_are_paid_for_in_each_zone_and_gateway_endpoints_are_not() -> None:
    network = inventory(
        Logs=("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Interface", "SubnetIds": [1, 2, 3]}),
        S3=("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Gateway"}),
    )

    assert units(network, load_at(1), "interface_endpoint_hour") == (3 * HOURS, 0)
    assert units(network, load_at(1), "nat_gateway_hour") == (0, 0)


def functions() -> Inventory:
    return inventory(
        Api=function(1024, SnapStart={"ApplyOn": "PublishedVersions"}), ApiLive=alias("Api"),
        Permission=called_over_http("ApiLive"),
        Relay=function(512), RelayLive=alias("Relay"), Stream=reads("RelayLive", "Table", "StreamArn"),
        Reader=function(256), ReaderLive=alias("Reader"), All=fills("Wide", detail={"specversion": ["1.0"]}),
        Wide=("AWS::SQS::Queue", {}), Reads=reads("ReaderLive", "Wide"),
        Worker=function(2048), WorkerLive=alias("Worker"), Work=("AWS::SQS::Queue", {}),
        Takes=reads("WorkerLive", "Work"),
    )  # fmt: skip


def test_functions_are_paid_for_by_what_sets_them_off() -> None:
    assumed = {
        "write_share": 0.5, "events_per_write": 1, "events_per_batch": 10, "deliveries_per_event": 0.1,
        "http_ms": 10, "batch_ms": 100, "work_ms": 1000,
    }  # fmt: skip
    load = load_at(20, assumed)

    # A second has 20 requests, 10 events, so one batch for the relay and one for the reader, and one delivery.
    assert [each.trigger for each in functions().functions] == ["http", "outbox", "every event", "work queue"]
    assert units(functions(), load, "function_request")[1] == pytest.approx(23 * SECONDS)
    gb_seconds = 20 * 0.01 * 1 + 0.1 * 0.5 + 0.1 * 0.25 + 1 * 2
    assert units(functions(), load, "function_gb_second")[1] == pytest.approx(gb_seconds * SECONDS)


def test_snapshots_are_paid_for_whether_anybody_comes_or_not() -> None:
    fixed, _ = units(functions(), load_at(0, {"snapshot_versions": 2}), "snapshot_gb_second")

    assert fixed == 2 * SECONDS


def test_each_backup_of_a_table_is_a_whole_copy_in_each_vault() -> None:
    rule = {
        "RuleName": "daily", "ScheduleExpression": "cron(0 2 * * ? *)", "Lifecycle": {"DeleteAfterDays": 35},
        "CopyActions": [{}],
    }  # fmt: skip
    monthly = {"RuleName": "monthly", "ScheduleExpression": "cron(0 2 1 * ? *)", "Lifecycle": {"DeleteAfterDays": 360}}
    plan = inventory(Plan=("AWS::Backup::BackupPlan", {"BackupPlan": {"BackupPlanRule": [rule, monthly]}}))
    load = load_at(10)

    # 35 of the last days in two vaults, and 12 of the last months in one.
    _, used = units(plan, load, "table_backup_gb_month")
    assert used == pytest.approx((35 * 2 + 12) * load.table_gb)


def test_throttled_keys_have_a_rule_for_each_key_of_a_table_and_of_its_indexes() -> None:
    insights = {"ContributorInsightsSpecification": {"Enabled": True}}
    table = {
        "KeySchema": [1],
        **insights,
        "GlobalSecondaryIndexes": [{"KeySchema": [1, 2], **insights}, {"KeySchema": [1]}],
    }

    assert units(inventory(Table=("AWS::DynamoDB::Table", table)), load_at(0), "insight_rule_month") == (3, 0)


def test_the_parts_add_up_to_the_whole(prices: PriceTable) -> None:
    priced = estimate(gateway(Key=("AWS::KMS::Key", {})), prices, load_at(50))

    assert sum(cost.total for cost in priced.parts.values()) == pytest.approx(priced.total.total)
    assert sum(cost.fixed for cost in priced.parts.values()) == pytest.approx(priced.total.fixed)


def test_a_price_moves_what_it_prices(prices: PriceTable) -> None:
    one = replace(estimate(gateway(), prices, load_at(0)), prices=prices_of_one(prices))

    # Two tasks of half a processor and a gigabyte, and the images: a dollar a unit.
    assert one.total.total == pytest.approx(2 * 0.5 * HOURS + 2 * HOURS + one.load["image_gb"])


def test_an_alarm_costs_each_metric_that_it_looks_at() -> None:
    metrics = [{"Expression": "100 * failed / requests"}, {"MetricStat": {}}, {"MetricStat": {}}]
    alarms = inventory(
        Age=("AWS::CloudWatch::Alarm", {"MetricName": "ApproximateAgeOfOldestMessage"}),
        Failures=("AWS::CloudWatch::Alarm", {"Metrics": metrics}),
        Budget=("AWS::CloudWatch::CompositeAlarm", {}),
    )

    assert units(alarms, load_at(1), "alarm_month") == (1 + 2, 0)
    assert units(alarms, load_at(1), "composite_alarm_month") == (1, 0)


def test_an_event_is_paid_for_when_it_is_archived_and_for_as_long_as_it_is_kept() -> None:
    archive = inventory(Archive=("AWS::Events::Archive", {"RetentionDays": 60}))
    load = load_at(10, {"write_share": 1, "events_per_write": 1, "event_bytes": 1000, "months_of_data": 12})
    archived_gb = load.events * 1000 / 1e9

    assert units(archive, load, "event_archived_gb")[1] == pytest.approx(archived_gb)
    assert units(archive, load, "event_archive_gb_month")[1] == pytest.approx(2 * archived_gb)


def test_every_function_that_is_called_in_service_writes_metrics() -> None:
    cdk = {"OfTheCdk": function(128)}
    with_its_own = Inventory([*functions().stacks, *inventory(**cdk).stacks])

    assert units(with_its_own, load_at(0, {"metrics_per_function": 2}), "metric_month") == (4 * 2, 0)


def test_access_logs_are_kept_as_long_as_their_bucket_says() -> None:
    rules = {"Rules": [{"ExpirationInDays": 60}, {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]}
    logs = inventory(
        Balancer=("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internet-facing", "Subnets": [1, 2]}),
        Logs=("AWS::S3::Bucket", {"BucketName": {"Fn::Sub": "a-access-logs-b"}, "LifecycleConfiguration": rules}),
        Files=("AWS::S3::Bucket", {"BucketName": "a-files-b"}),
    )
    load = load_at(10, {"access_log_bytes": 100, "upload_share": 0})

    assert units(logs, load, "object_gb_month")[1] == pytest.approx(load.requests * 100 / 1e9 * 2)
    assert units(logs, load, "object_write") == (2 * 12 * HOURS, 0)


def test_guardduty_is_paid_for_by_what_it_is_told_to_look_at() -> None:
    def detector(**features: str) -> Inventory:
        listed = [{"Name": name, "Status": status} for name, status in features.items()]
        return inventory(Detector=("AWS::GuardDuty::Detector", {"Features": listed}))

    load = load_at(10, {"flow_log_bytes": 100, "download_share": 1, "upload_share": 0})
    flows_gb = load.requests * 100 / 1e9
    off = detector(S3_DATA_EVENTS="DISABLED", LAMBDA_NETWORK_LOGS="DISABLED")
    on = detector(S3_DATA_EVENTS="ENABLED", LAMBDA_NETWORK_LOGS="ENABLED")

    assert units(off, load, "watched_gb")[1] == pytest.approx(flows_gb)
    assert units(off, load, "watched_object_event") == (0, 0)
    assert units(on, load, "watched_gb")[1] == pytest.approx(2 * flows_gb)
    assert units(on, load, "watched_object_event")[1] == pytest.approx(load.requests)


def test_flows_are_cheaper_above_five_hundred_gigabytes(prices: PriceTable) -> None:
    assert prices["watched_gb"].of(600) == pytest.approx(500 + 100 * 0.5)


def test_containers_are_watched_as_the_functions_are(prices: PriceTable) -> None:
    watched = inventory(
        Age=("AWS::CloudWatch::Alarm", {"MetricName": "ApproximateAgeOfOldestMessage"}),
        Budget=("AWS::CloudWatch::CompositeAlarm", {}),
        Shown=("AWS::CloudWatch::Dashboard", {}),
    )
    priced = ("alarm_month", "composite_alarm_month", "dashboard_month")

    here, there = (
        {line.price: line.fixed for line in of(watched, prices, load_at(1)).lines if line.price in priced}
        for of in (estimate, estimate_containers)
    )

    assert here == there == dict.fromkeys(priced, 1)
