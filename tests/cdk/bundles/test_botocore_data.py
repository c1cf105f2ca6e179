"""Trimmed data resolves to the same endpoints, and its clients make the same requests."""

import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.regions import EndpointResolver
from botocore.session import Session

from cdk.bundles.botocore_data import trim_data
from cdk.settings.manifests import load_manifests

DATA = Path(botocore.__file__).parent / "data"
CLIENTS = sorted({client for manifest in load_manifests() for client in manifest.aws_clients} | {"s3"})
# Regions of three partitions, and whether FIPS endpoints are asked for.
REGIONS = (("eu-west-1", False), ("us-gov-west-1", True), ("cn-north-1", False))


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data of all clients of the services, trimmed."""
    folder = tmp_path_factory.mktemp("packages")
    data = folder / "botocore" / "data"
    data.mkdir(parents=True)
    for file in DATA.glob("*.json"):
        shutil.copy(file, data)
    for client in (*CLIENTS, "sns"):
        shutil.copytree(DATA / client, data / client)
    trim_data(folder, CLIENTS)
    return data


def endpoints(data: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((data / "endpoints.json").read_text("utf-8"))
    return content


def test_every_endpoint_of_every_region_resolves_as_before(trimmed: Path) -> None:
    before, after = (EndpointResolver(endpoints(data)) for data in (DATA, trimmed))
    regions = {region for partition in endpoints(DATA)["partitions"] for region in partition["regions"]}
    variants: list[dict[str, bool]] = [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}]

    for client, region, variant in product(CLIENTS, sorted(regions | {"eu-nowhere-7", "us-east-1-fips"}), variants):
        expected = resolved(before, client, region, variant)
        assert resolved(after, client, region, variant) == expected, (client, region, variant)


def resolved(resolver: EndpointResolver, client: str, region: str, variant: dict[str, bool]) -> object:
    try:
        return resolver.construct_endpoint(client, region, **variant)
    except Exception as error:  # noqa: BLE001 - botocore's refusal of a variant that a partition lacks
        return str(error)


@pytest.mark.slow
def test_clients_call_the_same_addresses_as_before(trimmed: Path) -> None:
    for client, (region, fips) in product(CLIENTS, REGIONS):
        urls = [
            session(data).create_client(client, region, config=Config(use_fips_endpoint=fips)).meta.endpoint_url
            for data in (DATA, trimmed)
        ]
        assert urls[0] == urls[1], (client, region, fips)


def session(data: Path) -> Session:
    made = Session()
    made.set_credentials("a", "b")
    # The trimmed folder alone, without botocore's own.
    made.register_component("data_loader", Loader(extra_search_paths=[str(data)], include_default_search_paths=False))
    return made


def test_models_have_no_documentation_but_every_operation_and_member(trimmed: Path) -> None:
    before, after = (session(data).get_service_model("dynamodb") for data in (DATA, trimmed))

    assert list(after.operation_names) == list(before.operation_names)
    for name in before.operation_names:
        shapes = [model.operation_model(name).input_shape for model in (before, after)]
        assert shapes[0].members.keys() == shapes[1].members.keys()
        assert after.operation_model(name).documentation == ""
    assert before.operation_model("Query").documentation


def test_other_services_are_gone_and_installed_files_are_never_written_to(trimmed: Path) -> None:
    assert {entry.name for entry in trimmed.iterdir() if entry.is_dir()} == set(CLIENTS)
    kept = {name for partition in endpoints(trimmed)["partitions"] for name in partition["services"]}
    assert kept == {"cognito-idp", "dynamodb", "events", "s3", "secretsmanager", "sqs"}
    assert (trimmed / "endpoints.json").stat().st_size < (DATA / "endpoints.json").stat().st_size / 10


def test_a_file_that_is_linked_to_a_cache_is_replaced(tmp_path: Path) -> None:
    data = tmp_path / "botocore" / "data"
    data.mkdir(parents=True)
    cached = tmp_path / "cached.json"
    cached.write_text('{"partitions": [{"services": {"sns": {}}}]}')
    (data / "endpoints.json").hardlink_to(cached)

    trim_data(tmp_path, ["sqs"])

    assert "sns" in cached.read_text()
    assert json.loads((data / "endpoints.json").read_text()) == {"partitions": [{"services": {}}]}
