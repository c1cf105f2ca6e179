"""Queries of indexes."""

import random
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

from local.embedded_aws.dynamodb import index_pages
from tests.local.embedded_aws.dynamodb.people import INDEXES, call, create_people, text

CHANCE = random.Random(7)  # noqa: S311 - the same sequence in each run
LETTERS = "aAbzé€\U0001f600"
CONDITIONS = [
    "",
    " AND #r = :a",
    " AND #r < :a",
    " AND #r <= :a",
    " AND #r > :a",
    " AND #r >= :a",
    " AND #r BETWEEN :a AND :b",
    " AND :a < #r",
    " AND begins_with(#r, :a)",
]


def put() -> None:
    item = {"pk": text(CHANCE.choice("pqr")), "sk": text(str(CHANCE.randrange(40))), "kind": text(CHANCE.choice("kl"))}
    if CHANCE.random() < 0.9:
        item["rank"] = {"N": str(CHANCE.randrange(-9, 9))}
    if CHANCE.random() < 0.9:
        item["name"] = text("".join(CHANCE.choices(LETTERS, k=CHANCE.randrange(1, 4))))
    item["more"] = text("x" * CHANCE.choice((1, 300_000)))
    status, body = call(dynamodb._put_item, Item=item)
    assert status == 200, body


def delete() -> None:
    key = {"pk": text(CHANCE.choice("pqr")), "sk": text(str(CHANCE.randrange(40)))}
    assert call(dynamodb._delete_item, Key=key)[0] == 200


def query() -> dict[str, Any]:
    index = CHANCE.choice(list(INDEXES))
    condition = CHANCE.choice(CONDITIONS) if len(INDEXES[index]) > 1 else ""
    if "begins_with" in condition and index != "by_name":
        condition = ""
    request: dict[str, Any] = {
        "IndexName": index,
        "KeyConditionExpression": "#k = :k" + condition,
        "ExpressionAttributeNames": {"#k": "kind"},
        "ExpressionAttributeValues": {":k": text(CHANCE.choice("klm"))},
        "ScanIndexForward": CHANCE.random() < 0.5,
    }
    if condition:
        request["ExpressionAttributeNames"]["#r"] = INDEXES[index][1]
        low, high = sorted((value(index), value(index)), key=lambda each: float(each.get("N", 0)) or each.get("S", 0))
        request["ExpressionAttributeValues"] |= {":a": low} | ({":b": high} if ":b" in condition else {})
    if CHANCE.random() < 0.5:
        request["Limit"] = CHANCE.randrange(1, 6)
    return request


def value(index: str) -> dict[str, str]:
    return {"N": str(CHANCE.randrange(-9, 9))} if index == "by_rank" else text(CHANCE.choice(LETTERS))


def test_a_page_is_the_same_as_one_that_reads_all_of_the_index() -> None:
    create_people()
    pages = 0
    for _ in range(250):
        for change in CHANCE.choices((put, delete), (3, 1), k=4):
            change()
        request = query()
        while True:
            ours, upstream = call(dynamodb._query, **request), call(index_pages._upstream_query, **request)
            pages += 1
            assert ours == upstream
            last = upstream[1].get("LastEvaluatedKey")
            if upstream[0] != 200 or not last:
                break
            request = request | {"ExclusiveStartKey": last}
    assert pages > 500


def put_person(number: int) -> None:
    key = f"{number:06}"
    call(dynamodb._put_item, Item={"pk": text(key), "sk": text("-"), "kind": text("k"), "name": text(key)})


def names_after(name: str, query: Callable[[dict[str, Any]], Any]) -> list[str]:
    status, body = call(
        query,
        IndexName="by_name",
        KeyConditionExpression="kind = :k AND #n > :a",
        Limit=20,
        ExpressionAttributeNames={"#n": "name"},
        ExpressionAttributeValues={":k": text("k"), ":a": text(name)},
    )
    assert status == 200, body
    return [item["name"]["S"] for item in body["Items"]]


def test_a_page_of_a_large_index_reads_only_its_own_items_also_between_writes() -> None:
    read: list[object] = []
    order_value = dynamodb._index_order_value
    create_people()
    for number in range(0, 4_000, 2):
        put_person(number)
    names_after("0", dynamodb._query)
    dynamodb._index_order_value = lambda item, *rest: (read.append(item), order_value(item, *rest))[1]  # type: ignore[func-returns-value]

    for number in range(1, 100, 2):
        put_person(number)
        read.clear()
        assert names_after(f"{number - 1:06}", dynamodb._query)[0] == f"{number:06}"
        # The sort key and the item's two keys, for each item of the page.
        assert len(read) <= 3 * 20

    read.clear()
    names_after("000000", index_pages._upstream_query)
    assert len(read) > 2_000
