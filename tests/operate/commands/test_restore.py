"""Items of a restored table return to the live table."""

import io
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.shared.interface.names import OUTBOX_PREFIX, QUOTA_PREFIX
from operate.commands.restore import Item, restore
from operate.errors import OperateError
from operate.progress import Progress
from tests.tables import aws_in_memory

pytestmark = pytest.mark.slow

LIVE, COPY = "platform-prod-users", "platform-prod-users-restored"


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with aws_in_memory():
        client = boto3.client("dynamodb")
        for table in (LIVE, COPY):
            make(client, table)
        client.update_time_to_live(
            TableName=LIVE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
        yield client


def make(client: Any, table: str, *, key: str = "pk") -> None:
    client.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
    )


def put(client: Any, table: str, key: str, **more: dict[str, Any]) -> Item:
    item: Item = {"pk": {"S": key}, **more}
    client.put_item(TableName=table, Item=item)
    return item


def live(client: Any) -> dict[str, Item]:
    return {item["pk"]["S"]: item for item in client.scan(TableName=LIVE)["Items"]}


def run(client: Any, *, overwrite: bool = False) -> tuple[str, str]:
    stream = io.StringIO()
    counted = restore(client, source=COPY, target=LIVE, overwrite=overwrite, progress=Progress(stream))
    return counted, stream.getvalue()


def test_lost_items_return_and_items_that_changed_since_are_kept(dynamodb: Any) -> None:
    lost = put(dynamodb, COPY, "USER#lost", name={"S": "Ana"}, tags={"SS": ["a", "b"]}, active={"BOOL": True})
    put(dynamodb, COPY, "USER#same")
    put(dynamodb, LIVE, "USER#same")
    put(dynamodb, COPY, "USER#changed", name={"S": "old"})
    newer = put(dynamodb, LIVE, "USER#changed", name={"S": "new"})
    later = put(dynamodb, LIVE, "USER#later")

    counted, shown = run(dynamodb)

    assert counted == "1 restored, 0 replaced, 1 the same already, 1 changed since and kept, 0 left out"
    assert "changed since and kept: USER#changed" in shown
    found = live(dynamodb)
    assert (found["USER#lost"], found["USER#changed"], found["USER#later"]) == (lost, newer, later)


def test_overwriting_replaces_damaged_items(dynamodb: Any) -> None:
    good = put(dynamodb, COPY, "USER#damaged", name={"S": "Ana"})
    put(dynamodb, LIVE, "USER#damaged", name={"S": ""})

    counted, _ = run(dynamodb, overwrite=True)

    assert counted.startswith("0 restored, 1 replaced")
    assert live(dynamodb)["USER#damaged"] == good


def test_events_are_not_published_again_and_expired_items_stay_away(dynamodb: Any) -> None:
    put(dynamodb, COPY, f"{OUTBOX_PREFIX}1")
    put(dynamodb, COPY, "REQUEST#old", expires_at={"N": str(int(time.time()) - 1)})
    put(dynamodb, COPY, "REQUEST#new", expires_at={"N": str(int(time.time()) + 3600)})

    counted, _ = run(dynamodb)

    assert counted.startswith("1 restored")
    assert counted.endswith("2 left out")
    assert live(dynamodb).keys() == {"REQUEST#new"}


def test_a_repeated_restore_changes_nothing(dynamodb: Any) -> None:
    for number in range(250):
        put(dynamodb, COPY, f"USER#{number}")
    first, _ = run(dynamodb)
    again, _ = run(dynamodb)

    assert first.startswith("250 restored")
    assert again == "0 restored, 0 replaced, 250 the same already, 0 changed since and kept, 0 left out"


@pytest.mark.parametrize("overwrite", [True, False])
def test_the_counters_of_quotas_count_again(dynamodb: Any, *, overwrite: bool) -> None:
    put(dynamodb, COPY, f"{QUOTA_PREFIX}ada", used_items={"N": "10"})
    put(dynamodb, LIVE, f"{QUOTA_PREFIX}ada", used_items={"N": "5000"})

    counted, _ = run(dynamodb, overwrite=overwrite)

    assert counted.endswith("1 left out")
    assert live(dynamodb) == {}


@pytest.mark.parametrize("overwrite", [True, False])
def test_an_item_that_a_request_creates_meanwhile_is_kept(dynamodb: Any, *, overwrite: bool) -> None:
    put(dynamodb, COPY, "USER#1", name={"S": "old"})

    class Meanwhile:
        """DynamoDB, in which a request creates the item after the look-up."""

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

        def batch_get_item(self, **request: Any) -> Any:
            answer = dynamodb.batch_get_item(**request)
            put(dynamodb, LIVE, "USER#1", name={"S": "new"})
            return answer

    counted, _ = run(Meanwhile(), overwrite=overwrite)

    assert "1 changed since and kept" in counted
    assert live(dynamodb)["USER#1"]["name"] == {"S": "new"}


def test_a_table_of_another_kind_is_refused(dynamodb: Any) -> None:
    make(dynamodb, "other", key="id")

    with pytest.raises(OperateError, match="other has other keys than platform-prod-users"):
        restore(dynamodb, source="other", target=LIVE, overwrite=False, progress=Progress(io.StringIO()))
    with pytest.raises(OperateError, match="There is no table nothing"):
        restore(dynamodb, source="nothing", target=LIVE, overwrite=False, progress=Progress(io.StringIO()))
