import pytest

from cdk.gateway.capacity import requests_per_task_and_s
from cdk.settings.environment_sections import Edge


@pytest.mark.parametrize(("cpu", "per_s"), [(256, 525), (512, 1125), (1024, 2325)])
def test_a_larger_task_serves_more_requests(cpu: int, per_s: int) -> None:
    assert requests_per_task_and_s(Edge.model_validate({"task_cpu": cpu, "task_memory_mb": 2048})) == per_s
