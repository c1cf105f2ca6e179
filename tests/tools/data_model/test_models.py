"""The models of a service are checked against its manifest."""

from pathlib import Path

import pytest

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.manifest import Manifest
from tests.tools.data_model.access_patterns import model_of
from tools.data_model.diagram import class_diagram
from tools.data_model.models import models_of

ROOT = Path(__file__).parents[3]

REPOSITORY = """
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model


class _ByKind(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    made_at = UnicodeAttribute(range_key=True)


class ThingItem(Model):
    class Meta:
        table_name = "things"

    pk = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    made_at = UnicodeAttribute()
    weight = NumberAttribute(null=True)

    by_kind = _ByKind()


class NoteItem(Model):
    class Meta:
        table_name = "things"

    pk = UnicodeAttribute(hash_key=True)
    text = UnicodeAttribute()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A project with one service. No other test imports a package of this name."""
    folder = tmp_path / "functions" / service_of(request)
    folder.mkdir(parents=True)
    (folder / "repository.py").write_text(REPOSITORY)
    monkeypatch.syspath_prepend(tmp_path)
    import functions  # noqa: PLC0415 - its path is widened for this test

    monkeypatch.setattr(functions, "__path__", [*functions.__path__, str(folder.parent)])
    return tmp_path


def service_of(request: pytest.FixtureRequest) -> str:
    return "t" + format(abs(hash(request.node.name)) % 10**8, "08d")


def manifest(service: str, **table: object) -> Manifest:
    index = {"name": "by-kind", "partition_key": "kind", "sort_key": "made_at"}
    return Manifest.model_validate(
        {
            "service": service,
            "description": "Things.",
            "owner": "platform",
            "aws_clients": ["dynamodb", "sqs"],
            "table": {"partition_key": "pk", "indexes": [index], **table},
            "functions": {
                "worker": {"handler": f"functions.{service}.worker.handler", "trigger": "queue", "queue": "work"}
            },
            "queues": {"work": {}},
        }
    )


def test_models_that_fit_are_found_in_the_order_of_the_sources(project: Path, request: pytest.FixtureRequest) -> None:
    models = models_of(manifest(service_of(request)), project)

    assert [model.__name__ for model in models] == ["ThingItem", "NoteItem"]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"sort_key": "sk"}, r"ThingItem: its keys are \['pk'\], in service.toml \['pk', 'sk'\]"),
        ({"indexes": []}, r"the keys of by-kind are \['kind', 'made_at'\], in service.toml missing"),
        ({"indexes": [{"name": "by-kind", "partition_key": "made_at"}]}, r"in service.toml \['made_at'\]"),
    ],
)
def test_a_model_that_does_not_fit_is_reported_with_the_difference(
    table: dict[str, object], problem: str, project: Path, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        models_of(manifest(service_of(request), **table), project)


def test_an_index_without_a_model_is_reported(project: Path, request: pytest.FixtureRequest) -> None:
    indexes = [
        {"name": "by-kind", "partition_key": "kind", "sort_key": "made_at"},
        {"name": "by-age", "partition_key": "age"},
    ]

    with pytest.raises(ConfigurationError, match="no model has the index by-age"):
        models_of(manifest(service_of(request), indexes=indexes), project)


def test_the_model_of_an_item_has_all_of_its_attributes(project: Path, request: pytest.FixtureRequest) -> None:
    thing, note = models_of(manifest(service_of(request)), project)
    text = {"S": "."}

    assert model_of({"pk": text, "kind": text, "made_at": text}, [thing, note]) is thing
    assert model_of({"pk": text, "text": text}, [thing, note]) is note
    assert model_of({"pk": text, "colour": text}, [thing, note]) is None


def test_a_diagram_shows_keys_indexes_and_optional_attributes(project: Path, request: pytest.FixtureRequest) -> None:
    own = manifest(service_of(request), time_to_live="expires_at")
    diagram = class_diagram(own, models_of(own, project))

    assert diagram.startswith("```mermaid\nclassDiagram\n")
    for line in (
        "pk partition key",
        "expires_at time to live",
        'class by_kind["by-kind"] {',
        "made_at sort key",
        "Number weight [0..1]",
        "by_kind o-- ThingItem",
        f"{own.service} *-- NoteItem",
    ):
        assert f" {line}\n" in f"{diagram}\n"
