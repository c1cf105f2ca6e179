"""Trimmed data resolves to the same endpoints, and its clients make the same requests."""

import io
import json
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
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


# A call of each client, with its parameters.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "cloudwatch": ("describe_alarms", {"AlarmNamePrefix": "platform-prod-", "MaxRecords": 100}),
    "cognito-idp": ("admin_get_user", {"UserPoolId": "eu-west-1_x", "Username": "ada"}),
    "dynamodb": ("get_item", {"TableName": "things", "Key": {"pk": {"S": "1"}}}),
    "events": ("put_events", {"Entries": [{"Source": "users", "DetailType": "UserCreated.v1", "Detail": "{}"}]}),
    "lambda": ("get_alias", {"FunctionName": "platform-prod-users-api", "Name": "live"}),
    "s3": ("put_object", {"Bucket": "things", "Key": "a/b", "Body": b"content"}),
    "secretsmanager": ("get_secret_value", {"SecretId": "key"}),
    "sqs": ("send_message", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/x", "MessageBody": "{}"}),
}


@pytest.mark.slow
def test_clients_send_the_same_requests_as_before(trimmed: Path) -> None:
    assert sorted(CALLS) == CLIENTS
    for client, (operation, parameters) in CALLS.items():
        before, after = (sent(session(data), client, operation, parameters) for data in (DATA, trimmed))
        assert before == after, client


def sent(session: Session, name: str, operation: str, parameters: dict[str, Any]) -> tuple[object, ...]:
    """Return what the client would send: the method, the URL, the body and the headers that do not vary."""
    requests: list[Any] = []

    def answer(request: Any, **_: object) -> AWSResponse:
        requests.append(request)
        return AWSResponse(request.url, 400, {}, RawResponse(b""))

    client = session.create_client(name, "eu-west-1", config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register("before-send", answer)
    with pytest.raises(ClientError):
        getattr(client, operation)(**parameters)
    [request] = requests
    headers = {key.lower(): value for key, value in request.headers.items()}
    body = request.body.read() if hasattr(request.body, "read") else request.body
    return request.method, request.url, body, headers.get("x-amz-target"), headers.get("content-type")


class RawResponse(io.BytesIO):
    """The body of an answer, as botocore reads it."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


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
    assert kept == {"cognito-idp", "dynamodb", "events", "lambda", "monitoring", "s3", "secretsmanager", "sqs"}
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
