"""The metrics sidecar of Traefik's tasks: what it reads of Traefik, and what becomes a metric of CloudWatch.

It is the AWS Distro for OpenTelemetry's collector. It writes lines of the embedded metric format to its own log, out of
which CloudWatch takes the metrics, so that it calls nothing of AWS and needs no permission:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Generation_PutLogEvents.html
"""

from typing import Any

from cdk.gateway.middlewares import PROBLEM_PAGES
from cdk.gateway.routers import HTTPS
from cdk.settings.environment import Environment

FOLDER = "collector"
CONFIGURATION_FILE = "collector.yaml"
HOME = "/etc/collector"
# v0.49.0, of both architectures.
IMAGE = (
    "public.ecr.aws/aws-observability/aws-otel-collector"
    "@sha256:d2bdfff2c377c3d71d78bd5d9ce9862fd535b12134a5739d87a07801297cf9fd"
)
HEALTH_ADDRESS = "127.0.0.1:13133"
# CloudWatch's own resolution of a metric: more often costs more and shows no more.
INTERVAL_S = 60
MEMORY_MB = 256
# Of a core's 1024. Once a minute it reads a page of some hundred lines.
CPU = 32

# What is read of Traefik's page: https://doc.traefik.io/traefik/reference/install-configuration/observability/metrics/
REQUESTS, ANSWERS = "traefik_service_requests_total", "traefik_entrypoint_requests_total"
CONNECTIONS = "traefik_open_connections"
# What it becomes, and by what it is told apart. Each combination is a metric that is paid for, whatever the number of
# tasks: method, protocol and the exact status are summed up.
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    REQUESTS: ("ServiceRequests", ("service", "class")),
    # Those included that Traefik answers itself, as it does beyond a limit.
    ANSWERS: ("Answers", ("class",)),
    CONNECTIONS: ("OpenConnections", ()),
}

DOCKERFILE = f"""\
FROM {IMAGE}
# The garbage collector works harder before the kernel ends the process.
ENV GOMEMLIMIT={MEMORY_MB * 7 // 8}MiB
COPY {CONFIGURATION_FILE} {HOME}/{CONFIGURATION_FILE}
CMD ["--config={HOME}/{CONFIGURATION_FILE}"]
"""


def namespace(environment: Environment) -> str:
    """Return the namespace of the gateway's metrics."""
    return f"{environment.prefix}/gateway"


def collector_configuration(environment: Environment, *, scraped: str) -> dict[str, Any]:
    """Describe what the collector does; `scraped` is where Traefik shows its metrics (`host:port`)."""
    return {
        "extensions": {"health_check": {"endpoint": HEALTH_ADDRESS}},
        "receivers": {"prometheus": {"config": {"scrape_configs": [_scrape(scraped)]}}},
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_mib": MEMORY_MB * 3 // 4, "spike_limit_mib": 32},
            "metrics_transform": {"transforms": [_summed(*item) for item in METRICS.items()]},
        },
        "exporters": {
            "awsemf": {
                "namespace": namespace(environment),
                "region": environment.region,
                "output_destination": "stdout",
                "version": "1",
                "dimension_rollup_option": "NoDimensionRollup",
                # The first failure of a service makes a new series, and has to count.
                "retain_initial_value_of_delta_metric": True,
                "metric_declarations": [
                    {"dimensions": [list(labels)], "metric_name_selectors": [f"^{name}$"]}
                    for name, labels in METRICS.values()
                ],
                "metric_descriptors": [
                    {"metric_name": name, "unit": "Count", "overwrite": True} for name, _ in METRICS.values()
                ],
            }
        },
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "metrics": {
                    "receivers": ["prometheus"],
                    "processors": ["memory_limiter", "metrics_transform"],
                    "exporters": ["awsemf"],
                }
            },
            # It measures nothing of itself, and so listens for nobody.
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn", "encoding": "json"}},
        },
    }


def _scrape(address: str) -> dict[str, Any]:
    return {
        "job_name": "traefik",
        "scrape_interval": f"{INTERVAL_S}s",
        "scrape_timeout": "10s",
        "static_configs": [{"targets": [address]}],
        "metric_relabel_configs": [
            {"source_labels": ["__name__"], "regex": "|".join(METRICS), "action": "keep"},
            # The door that clients come through alone: of the inside nobody need know.
            {"source_labels": ["entrypoint"], "regex": f"{HTTPS}|", "action": "keep"},
            {"source_labels": ["service"], "regex": f"{PROBLEM_PAGES}@file", "action": "drop"},
            # A dollar sign is doubled, which would name a variable to the collector.
            {"source_labels": ["code"], "regex": "([1-5])..", "replacement": "$${1}xx", "target_label": "class"},
            {"source_labels": ["service"], "regex": "(.+)@file", "replacement": "$${1}", "target_label": "service"},
        ],
    }


def _summed(metric: str, becomes: tuple[str, tuple[str, ...]]) -> dict[str, Any]:
    name, labels = becomes
    return {
        "include": metric,
        "action": "update",
        "new_name": name,
        "operations": [{"action": "aggregate_labels", "label_set": list(labels), "aggregation_type": "sum"}],
    }
