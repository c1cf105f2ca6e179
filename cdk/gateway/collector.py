"""The configuration of the metrics sidecar, which turns Traefik's metrics into metrics of CloudWatch.

The sidecar is the collector of the AWS Distro for OpenTelemetry. It writes the embedded metric format to its own log,
from which CloudWatch extracts the metrics. It therefore calls no AWS API and needs no permission:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Generation_PutLogEvents.html
"""

from typing import Any

from cdk.gateway.middlewares import PROBLEM_PAGES
from cdk.gateway.problems import BAD_GATEWAY, GATEWAY_TIMEOUT
from cdk.gateway.routers import HTTPS
from cdk.settings.environment import Environment

FOLDER = "collector"
CONFIGURATION_FILE = "collector.yaml"
HOME = "/etc/collector"
# v0.49.0, the index of both architectures.
IMAGE = (
    "public.ecr.aws/aws-observability/aws-otel-collector"
    "@sha256:d2bdfff2c377c3d71d78bd5d9ce9862fd535b12134a5739d87a07801297cf9fd"
)
HEALTH_ADDRESS = "127.0.0.1:13133"
# CloudWatch's standard resolution; a shorter interval costs more and shows no more.
INTERVAL_S = 60
MEMORY_MB = 256
# CPU units; a core has 1024. The collector reads a page of some hundred lines once a minute.
CPU = 32

# The metrics that are read from Traefik's page: https://doc.traefik.io/traefik/reference/install-configuration/observability/metrics/
REQUESTS, ANSWERS = "traefik_service_requests_total", "traefik_entrypoint_requests_total"
CONNECTIONS = "traefik_open_connections"
# The value of `service` for the answers 502 and 504 that Traefik writes itself, or instead of the load balancer.
GATEWAY = "gateway"
# The CloudWatch metric of each, and its dimensions. Each combination of their values is billed as a metric, for any
# number of tasks, so method, protocol and exact status are summed up.
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    REQUESTS: ("ServiceRequests", ("service", "class")),
    # Includes the answers of Traefik itself, such as those over a limit.
    ANSWERS: ("Answers", ("class",)),
    CONNECTIONS: ("OpenConnections", ()),
}

DOCKERFILE = f"""\
FROM {IMAGE}
# The garbage collector works harder before the kernel kills the process.
ENV GOMEMLIMIT={MEMORY_MB * 7 // 8}MiB
COPY {CONFIGURATION_FILE} {HOME}/{CONFIGURATION_FILE}
CMD ["--config={HOME}/{CONFIGURATION_FILE}"]
"""


def namespace(environment: Environment) -> str:
    """Return the namespace of the gateway's metrics."""
    return f"{environment.prefix}/gateway"


def collector_configuration(environment: Environment, *, scraped: str) -> dict[str, Any]:
    """Return the collector's configuration; `scraped` is the address of Traefik's metrics (`host:port`)."""
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
                # The first failure of a service creates a new series, and must count.
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
            # Without metrics of its own, the collector opens no port for them.
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn", "encoding": "json"}},
        },
    }


def _scrape(address: str) -> dict[str, Any]:
    own = f"{PROBLEM_PAGES}@file;({BAD_GATEWAY}|{GATEWAY_TIMEOUT})"
    return {
        "job_name": "traefik",
        "scrape_interval": f"{INTERVAL_S}s",
        "scrape_timeout": "10s",
        "static_configs": [{"targets": [address]}],
        "metric_relabel_configs": [
            {"source_labels": ["__name__"], "regex": "|".join(METRICS), "action": "keep"},
            # Keep only the clients' entry point: requests to the internal one are of no interest.
            {"source_labels": ["entrypoint"], "regex": f"{HTTPS}|", "action": "keep"},
            # Of the pages of problems, only those count that say that the load balancer or a service did not answer.
            {"source_labels": ["service", "code"], "regex": own, "replacement": GATEWAY, "target_label": "service"},
            {"source_labels": ["service"], "regex": f"{PROBLEM_PAGES}@file", "action": "drop"},
            # The dollar sign is doubled because the collector would expand a single one as a variable.
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
