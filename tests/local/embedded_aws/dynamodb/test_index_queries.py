"""Queries of indexes, tried in a process of the embedded AWS's own."""

from pathlib import Path

from tests.local.embedded_aws.test_behaviour import pytestmark, run

__all__ = ["pytestmark"]

TABLE = """
import json, random, time
from local.embedded_aws.dynamodb import index_queries
from ministack.services import dynamodb

def call(operation, **data):
    status, _, body = operation({"TableName": "people", **data})
    return status, json.loads(body)

def text(value):
    return {"S": value}

kinds = {"pk": "S", "sk": "S", "kind": "S", "rank": "N", "name": "S"}
indexes = {"by_rank": ("kind", "rank"), "by_name": ("kind", "name"), "by_kind": ("kind",)}
made, _ = call(dynamodb._create_table, KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
                                        {"AttributeName": "sk", "KeyType": "RANGE"}],
     AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()],
     BillingMode="PAY_PER_REQUEST",
     GlobalSecondaryIndexes=[
         {"IndexName": name, "Projection": {"ProjectionType": "KEYS_ONLY" if name == "by_kind" else "ALL"},
          "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))]}
         for name, keys in indexes.items()])
assert made == 200
"""


def test_a_page_is_the_same_as_one_that_reads_all_of_the_index(tmp_path: Path) -> None:
    answer = run(
        TABLE
        + """
chance = random.Random(7)
letters = "aAbzé€\U0001f600"

def put():
    item = {"pk": text(chance.choice("pqr")), "sk": text(str(chance.randrange(40))), "kind": text(chance.choice("kl"))}
    if chance.random() < 0.9:
        item["rank"] = {"N": str(chance.randrange(-9, 9))}
    if chance.random() < 0.9:
        item["name"] = text("".join(chance.choices(letters, k=chance.randrange(1, 4))))
    item["more"] = text("x" * chance.choice((1, 300_000)))
    status, body = call(dynamodb._put_item, Item=item)
    assert status == 200, body

def delete():
    key = {"pk": text(chance.choice("pqr")), "sk": text(str(chance.randrange(40)))}
    assert call(dynamodb._delete_item, Key=key)[0] == 200

CONDITIONS = ["", " AND #r = :a", " AND #r < :a", " AND #r <= :a", " AND #r > :a", " AND #r >= :a",
              " AND #r BETWEEN :a AND :b", " AND :a < #r", " AND begins_with(#r, :a)"]

def query():
    index = chance.choice(list(indexes))
    condition = chance.choice(CONDITIONS) if len(indexes[index]) > 1 else ""
    if "begins_with" in condition and index != "by_name":
        condition = ""
    data = {"IndexName": index, "KeyConditionExpression": "#k = :k" + condition,
            "ExpressionAttributeNames": {"#k": "kind"}, "ExpressionAttributeValues": {":k": text(chance.choice("klm"))},
            "ScanIndexForward": chance.random() < 0.5}
    if condition:
        data["ExpressionAttributeNames"]["#r"] = indexes[index][1]
        def value():
            return {"N": str(chance.randrange(-9, 9))} if index == "by_rank" else text(chance.choice(letters))
        low, high = sorted((value(), value()), key=lambda v: float(v["N"]) if "N" in v else v["S"])
        data["ExpressionAttributeValues"] |= {":a": low} | ({":b": high} if ":b" in condition else {})
    if chance.random() < 0.5:
        data["Limit"] = chance.randrange(1, 6)
    return data

pages, differing = 0, []
for _ in range(250):
    for change in chance.choices((put, delete), (3, 1), k=4):
        change()
    asked = query()
    while True:
        ours, upstream = call(dynamodb._query, **asked), call(index_queries._upstream_query, **asked)
        pages += 1
        if ours != upstream:
            differing.append(asked)
        last = upstream[1].get("LastEvaluatedKey")
        if upstream[0] != 200 or not last:
            break
        asked = asked | {"ExclusiveStartKey": last}
print(json.dumps([pages, differing]))
""",
        tmp_path,
    )

    pages, differing = answer
    assert pages > 500
    assert differing == []


def test_a_page_of_a_large_index_is_answered_at_once_also_between_writes(tmp_path: Path) -> None:
    answer = run(
        TABLE
        + """
def put(number):
    key = f"{number:06}"
    call(dynamodb._put_item, Item={"pk": text(key), "sk": text("-"), "kind": text("k"), "name": text(key)})

for number in range(0, 30_000, 2):
    put(number)

def seconds(query, after):
    asked = {"IndexName": "by_name", "KeyConditionExpression": "kind = :k AND #n > :a", "Limit": 20,
             "ExpressionAttributeNames": {"#n": "name"},
             "ExpressionAttributeValues": {":k": text("k"), ":a": text(after)}}
    began = time.perf_counter()
    status, body = call(query, **asked)
    assert status == 200, body
    return time.perf_counter() - began, [item["name"]["S"] for item in body["Items"]]

seconds(dynamodb._query, "0")
ours = []
for number in range(1, 100, 2):
    put(number)
    ours.append(seconds(dynamodb._query, f"{number - 1:06}"))
theirs = seconds(index_queries._upstream_query, "000000")
print(json.dumps([sorted(each for each, _ in ours)[25], theirs[0], [names[0] for _, names in ours]]))
""",
        tmp_path,
    )

    ours_s, upstream_s, first = answer
    assert first == [f"{number:06}" for number in range(1, 100, 2)]
    assert ours_s * 20 < upstream_s
