"""The requests that a task of the gateway serves, from which the scaling and the estimate of cost follow."""

from cdk.gateway import collector
from cdk.settings.environment_sections import Edge

# `make bench` measures some 200 µs of CPU for a request on open connections. The rest is for handshakes, bodies and
# compression.
CPU_US_A_REQUEST = 250
# Above it, ECS starts more tasks.
TASK_CPU_PERCENT = 60


def requests_per_task_and_s(edge: Edge) -> int:
    """Return the requests a second that use `TASK_CPU_PERCENT` of a task; the sidecar's share of the CPU is apart."""
    cores = (edge.task_cpu - collector.CPU) / 1024
    return int(cores * 1e6 / CPU_US_A_REQUEST * TASK_CPU_PERCENT / 100)
