"""The diagrams of the example services, and those of the page."""

import pytest

from cdk.diagrams.__main__ import main
from cdk.diagrams.mermaid import Flowchart
from cdk.diagrams.page import PAGE, PageError, draw_all, insert_diagrams
from cdk.diagrams.services import Subscription, services_of
from cdk.diagrams.stack_graph import Stacks
from tests.cdk.templates import Assembly


@pytest.fixture(scope="module")
def diagrams(assembly: Assembly) -> dict[str, str]:
    return {name: str(chart) for name, chart in draw_all(assembly.folder, "platform-prod", "platform-dev").items()}


@pytest.mark.slow
def test_the_diagrams_of_the_page_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_service_is_read_from_the_grants_and_rules_of_its_template(assembly: Assembly) -> None:
    stacks = Stacks(
        {name: stack.content for name, stack in assembly.stacks().items() if name.startswith("platform-prod-")}
    )
    services = {service.name: service for service in services_of(stacks, "platform-prod")}

    orders, ledger = services["orders"], services["ledger"]
    assert orders.description == "What customers want."
    assert orders.paths == ("/orders", "/orders/*")
    assert [each.properties["FunctionName"] for each in orders.functions] == [
        "platform-prod-orders-api",
        "platform-prod-orders-relay",
        "platform-prod-orders-release-hook",
    ]
    assert (orders.publishes, ledger.publishes) == (True, False)
    assert ledger.consumes == (Subscription(source="orders", types=("OrderPlaced.v1",)),)


def test_the_containers_show_calls_and_events(diagrams: dict[str, str]) -> None:
    lines = [line.strip() for line in diagrams["containers"].splitlines()]

    assert 'internal -->|"/orders<br/>/orders/*"| orders' in lines
    assert 'orders -->|"publishes"| bus' in lines
    assert 'bus -->|"OrderPlaced.v1"| ledger' in lines
    assert "orders --> orders_DynamoDB_table" in lines


def test_an_outside_system_that_a_function_calls_is_in_the_context(parcels_anywhere: Assembly) -> None:
    charts = draw_all(parcels_anywhere.folder, "platform-prod", "platform-dev")

    assert 'platform -->|"parcels: HTTPS"| Carriers' in str(charts["context"])
    assert 'parcels -->|"HTTPS"| Carriers' in str(charts["containers"])


def test_the_network_shows_every_path_with_its_port(diagrams: dict[str, str]) -> None:
    arrows = [line.strip() for line in diagrams["network"].splitlines() if "-->" in line]

    assert sorted(arrows) == [
        'Internet -->|"TCP 443"| The_public_load_balancer',
        'Internet -->|"TCP 80"| The_public_load_balancer',
        'The_gateway -->|"TCP 443"| S3',
        'The_gateway -->|"TCP 443"| The_endpoints_of_AWS_services',
        'The_gateway -->|"TCP 443"| The_internal_load_balancer',
        'The_internal_load_balancer -->|"invoke"| functions',
        'The_public_load_balancer -->|"TCP 8443"| The_gateway',
    ]
    assert 'The_gateway -->|"TCP 443"| Internet' in diagrams["network with NAT"]


def test_the_deployment_shows_regions_zones_and_sizes(diagrams: dict[str, str]) -> None:
    deployment = diagrams["deployment"]

    assert 'subgraph region["eu-west-1"]' in deployment
    assert 'subgraph eu_central_1["eu-central-1"]' in deployment
    assert "Private subnets in 3 availability zones" in deployment
    assert "2 to 10 tasks of 0.5 vCPU, 1 GB, arm64" in deployment
    assert "api: 1024 MB, SnapStart" in deployment


def test_a_stack_points_to_the_stacks_that_are_deployed_before_it(diagrams: dict[str, str]) -> None:
    assert "platform_prod_orders --> platform_prod_events" in diagrams["stacks"]


def test_a_diagram_replaces_the_old_one_in_its_place() -> None:
    page = "Before\n<!-- diagram: context -->\nold\n<!-- end of diagram -->\nAfter\n"
    chart = Flowchart()

    new = insert_diagrams(page, {"context": chart})

    assert new == f"Before\n<!-- diagram: context -->\n\n{chart}\n\n<!-- end of diagram -->\nAfter\n"
    assert insert_diagrams(new, {"context": chart}) == new


@pytest.mark.parametrize("named", [[], ["context", "more"]])
def test_a_place_without_a_diagram_and_a_diagram_without_a_place_are_errors(named: list[str]) -> None:
    with pytest.raises(PageError, match=f"{PAGE} must have one place each"):
        insert_diagrams("<!-- diagram: context -->\n<!-- end of diagram -->", dict.fromkeys(named, Flowchart()))
