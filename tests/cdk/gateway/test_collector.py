"""The metrics that the sidecar extracts from the page of the real Traefik."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest

from cdk.gateway.collector import IMAGE, METRICS, collector_configuration, namespace
from cdk.gateway.image import INTERNAL_ADDRESS, STATIC_FILE, configurations
from cdk.settings.environment import Environment, load_environment
from cdk.settings.manifest import Manifest
from tests.cdk.gateway.traefik import Gateway
from tests.cdk.gateway.upstream import Upstream

# A line of the text format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
SERIES = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="([^"]*)"')
CLASSES = {"1xx", "2xx", "3xx", "4xx", "5xx"}

type Labels = Mapping[str, str]


@pytest.fixture
def rules(prod: Environment) -> Sequence[Mapping[str, Any]]:
    configuration = collector_configuration(prod, scraped=INTERNAL_ADDRESS)
    [scrape] = configuration["receivers"]["prometheus"]["config"]["scrape_configs"]
    found: Sequence[Mapping[str, Any]] = scrape["metric_relabel_configs"]
    return found


def relabelled(labels: Labels, rules: Sequence[Mapping[str, Any]]) -> Labels | None:
    """Apply the rules as Prometheus does; return None for a series that they drop.

    https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
    """
    found = dict(labels)
    for rule in rules:
        match = re.fullmatch(rule["regex"], ";".join(found.get(label, "") for label in rule["source_labels"]))
        if rule.get("action") in {"keep", "drop"}:
            if bool(match) != (rule["action"] == "keep"):
                return None
        elif match:
            # The collector turns `$$` into `$`, and Prometheus turns `${1}` into the group.
            found[rule["target_label"]] = match.expand(rule["replacement"].replace("$$", "$").replace("${1}", r"\1"))
    return found


def metrics(page: str, rules: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Labels]]:
    """Yield the name and the dimensions of each metric that the page becomes."""
    for line in page.splitlines():
        if match := SERIES.fullmatch(line):
            labels = relabelled({"__name__": match[1], **dict(LABEL.findall(match[2] or ""))}, rules)
            if labels:
                name, kept = METRICS[labels["__name__"]]
                yield name, {label: labels[label] for label in kept}


@pytest.mark.slow
def test_the_real_traefik_has_the_metrics_that_the_sidecar_reads(
    gateway: Gateway, upstream: Upstream, rules: Sequence[Mapping[str, Any]]
) -> None:
    for status in (200, 404, 500, 502):
        upstream.statuses = [status]
        gateway.client.get("/orders")
    assert gateway.client.get("/nowhere").status_code == 404

    found = list(metrics(httpx.get(f"http://{gateway.listen.internal}/metrics").text, rules))

    assert {name for name, _ in found} == {name for name, _ in METRICS.values()}
    assert ("ServiceRequests", {"service": "orders", "class": "5xx"}) in found
    assert ("Answers", {"class": "4xx"}) in found
    assert ("ServiceRequests", {"service": "gateway", "class": "5xx"}) in found
    # The dashboard and the pages of other problems must not become metrics.
    assert {labels["service"] for name, labels in found if name.startswith("Service")} == {"orders", "gateway"}
    assert ("ServiceRequests", {"service": "gateway", "class": "4xx"}) not in found
    assert {labels["class"] for _, labels in found if "class" in labels} <= CLASSES


@pytest.mark.parametrize(
    ("series", "kept"),
    [
        ({"__name__": "traefik_service_requests_total", "service": "a@file", "code": "200"}, {"a", "2xx"}),
        ({"__name__": "traefik_entrypoint_requests_total", "entrypoint": "websecure", "code": "499"}, {"4xx"}),
        ({"__name__": "traefik_entrypoint_requests_total", "entrypoint": "traefik", "code": "200"}, None),
        (
            {"__name__": "traefik_service_requests_total", "service": "problem-pages@file", "code": "502"},
            {"gateway", "5xx"},
        ),
        ({"__name__": "traefik_service_requests_total", "service": "problem-pages@file", "code": "503"}, None),
        ({"__name__": "traefik_service_requests_total", "service": "problem-pages@file", "code": "429"}, None),
        ({"__name__": "go_goroutines"}, None),
        ({"__name__": "traefik_service_request_duration_seconds_bucket", "service": "a@file", "le": "5"}, None),
    ],
)
def test_a_series_is_kept_only_by_service_and_class(
    rules: Sequence[Mapping[str, Any]], series: Labels, kept: set[str] | None
) -> None:
    found = relabelled(series, rules)

    assert (found is None) == (kept is None)
    if found is not None:
        assert {found[label] for label in METRICS[series["__name__"]][1]} == kept


def test_each_metric_is_declared_with_its_dimensions_and_without_roll_up(prod: Environment) -> None:
    configuration = collector_configuration(prod, scraped=INTERNAL_ADDRESS)
    exporter = configuration["exporters"]["awsemf"]
    summed = {
        transform["include"]: (transform["new_name"], tuple(transform["operations"][0]["label_set"]))
        for transform in configuration["processors"]["metrics_transform"]["transforms"]
    }
    declared = {
        declaration["metric_name_selectors"][0].strip("^$"): declaration["dimensions"]
        for declaration in exporter["metric_declarations"]
    }

    assert summed == METRICS
    assert declared == {name: [list(labels)] for name, labels in METRICS.values()}
    assert exporter["dimension_rollup_option"] == "NoDimensionRollup"


def test_it_reads_traefik_in_its_own_task_and_calls_no_aws_api(prod: Environment, examples: Sequence[Manifest]) -> None:
    configuration = collector_configuration(prod, scraped=INTERNAL_ADDRESS)
    [scrape] = configuration["receivers"]["prometheus"]["config"]["scrape_configs"]
    traefik = configurations(prod, examples)[STATIC_FILE]

    assert scrape["static_configs"] == [{"targets": [traefik["entryPoints"]["traefik"]["address"]]}]
    assert traefik["metrics"]["prometheus"]["entryPoint"] == "traefik"
    assert configuration["exporters"]["awsemf"]["output_destination"] == "stdout"
    assert set(configuration["exporters"]) == {"awsemf"}
    assert configuration["extensions"]["health_check"]["endpoint"].startswith("127.0.0.1:")


def test_two_environments_of_an_account_have_different_namespaces(prod: Environment) -> None:
    assert namespace(prod) != namespace(load_environment("dev"))


def test_the_image_is_pinned_by_its_digest() -> None:
    assert re.fullmatch(r"public\.ecr\.aws/aws-observability/aws-otel-collector@sha256:[0-9a-f]{64}", IMAGE)
