"""The parts that a source writes for an export."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from functions.shared.correlation import correlate
from functions.shared.errors import Unavailable
from functions.shared.exporting import MARGIN_S, MIB, Line, PartObjects, PartRequest, Parts, export_handler
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from tests.exports.fakes import FakeExportObjects
from tests.shared.fakes import FakeContext, FakeDeadLetters

KEY = "parts/users/01938b2f-1c4a-7d3f-9a51-4f0c2b6d8e10/00000.ndjson"
LINE = "x" * 200_000


class Source:
    """A source of numbered lines that is busy once before each of the given lines."""

    def __init__(self, count: int, *, text: str = LINE, busy_before: tuple[int, ...] = ()) -> None:
        self._count = count
        self._text = text
        self._busy_before = set(busy_before)
        self.asked: list[PartRequest] = []

    def read(self, wanted: PartRequest) -> Iterator[Line]:
        self.asked.append(wanted)
        for number in range(int(wanted.position or -1) + 1, self._count):
            if number in self._busy_before:
                self._busy_before.remove(number)
                raise Unavailable
            yield Line(f"{number}:{self._text}", str(number))


def batch(*, source: str = "users", position: str | None = None, restricted_to: str | None = None) -> dict[str, Any]:
    data = {
        "export_id": KEY.split("/")[2],
        "source": source,
        "part": 0,
        "key": KEY,
        "position": position,
        "until": "2026-11-24T02:00:00.123456Z",
        "restricted_to": restricted_to,
    }
    event = Event(
        type="ExportPartRequested.v1", source="exports", subject="exports/1", sequence=1, data=data,
        correlation=correlate(),
    )  # fmt: skip
    body = json.dumps({"detail": event.envelope()})
    return {
        "Records": [
            {
                "messageId": "m1",
                "body": body,
                "eventSource": "aws:sqs",
                "attributes": {"ApproximateReceiveCount": "1"},
            }
        ]
    }


def failed(answer: Mapping[str, Any]) -> bool:
    return bool(answer["batchItemFailures"])


def written(objects: FakeExportObjects) -> tuple[list[str], Mapping[str, str]]:
    content, metadata = objects.objects[KEY]
    assert content.endswith(b"\n") or not content
    return [line.partition(":")[0] for line in content.decode().splitlines()], metadata


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last)]


@pytest.mark.parametrize("count", [0, 1, 20])
def test_the_last_part_has_all_lines_and_says_that_it_is_the_last(count: int) -> None:
    objects = FakeExportObjects()

    export_handler("users", Source(count).read, objects, part_mib=5)(batch(), FakeContext(100))

    assert written(objects) == (numbers(0, count), {"rows": str(count), "is-last": "true"})


def test_a_full_part_ends_after_a_line_and_says_where_to_go_on() -> None:
    objects, source = FakeExportObjects(), Source(1000)
    lines_of_a_part = -(-5 * MIB // (len(LINE) + 4))

    export_handler("users", source.read, objects, part_mib=5)(batch(position="9"), FakeContext(100))

    end = 10 + lines_of_a_part
    assert written(objects) == (
        numbers(10, end),
        {"rows": str(lines_of_a_part), "next-position": str(end - 1)},
    )
    assert 5 * MIB <= len(objects.objects[KEY][0]) < 5 * MIB + 2 * len(LINE)


def test_what_the_event_asks_for_is_what_the_source_is_asked() -> None:
    source = Source(0)

    export_handler("users", source.read, FakeExportObjects(), part_mib=5)(
        batch(position="7", restricted_to="ada"), FakeContext(100)
    )

    [wanted] = source.asked
    assert (wanted.position, wanted.restricted_to) == ("7", "ada")
    assert wanted.until.isoformat() == "2026-11-24T02:00:00.123456+00:00"


def test_a_source_that_is_busy_goes_on_after_the_line_that_it_came_to() -> None:
    objects, source = FakeExportObjects(), Source(10, busy_before=(0, 4, 7))

    answer = export_handler("users", source.read, objects, part_mib=5)(batch(), FakeContext(100))

    assert not failed(answer)
    assert written(objects) == (numbers(0, 10), {"rows": "10", "is-last": "true"})
    assert [wanted.position for wanted in source.asked] == [None, None, "3", "6"]


def test_a_part_that_s3_can_join_is_written_when_the_time_runs_out() -> None:
    objects = FakeExportObjects()

    answer = export_handler("users", Source(1000).read, objects, part_mib=50)(
        batch(), FakeContext(*[100.0] * 30, MARGIN_S - 1)
    )

    assert not failed(answer)
    lines, metadata = written(objects)
    assert len(lines) == 31
    assert metadata["next-position"] == "30"


class PassingOver(Source):
    """A source that leaves out all but its first lines."""

    def __init__(self, count: int, *, wanted: int) -> None:
        super().__init__(count)
        self._wanted = wanted
        self.passed: list[str] = []

    def read(self, wanted: PartRequest) -> Iterator[Line]:
        for line in super().read(wanted):
            self.passed.append(line.position)
            yield line if int(line.position) < self._wanted else Line(None, line.position)


def test_a_part_ends_among_what_is_left_out_when_the_time_runs_out() -> None:
    objects, source = FakeExportObjects(), PassingOver(100_000, wanted=30)

    answer = export_handler("users", source.read, objects, part_mib=50)(
        batch(), FakeContext(*[100.0] * 50, MARGIN_S - 1)
    )

    assert not failed(answer)
    assert written(objects) == (numbers(0, 30), {"rows": "30", "next-position": "50"})
    assert len(source.passed) == 51


def test_a_source_that_leaves_out_too_much_stops_when_the_time_runs_out() -> None:
    objects, source = FakeExportObjects(), PassingOver(100_000, wanted=0)

    answer = export_handler("users", source.read, objects, part_mib=5)(
        batch(), FakeContext(*[100.0] * 50, MARGIN_S - 1)
    )

    assert failed(answer)
    assert objects.objects == {}
    assert len(source.passed) < 60


@pytest.mark.parametrize("position", ["", " 7", "7 ", "ö", "7\n", "x" * 1025])
def test_a_position_that_cannot_be_handed_on_is_refused_at_once(position: str) -> None:
    objects, dead_letters = FakeExportObjects(), FakeDeadLetters()

    def read(_: PartRequest) -> Iterator[Line]:
        yield Line("{}", position)

    handler = export_handler("users", read, objects, part_mib=5, dead_letters=dead_letters)
    answer = handler(batch(), FakeContext(100))

    [letter] = dead_letters.letters
    assert not failed(answer)
    assert "printable ASCII" in letter.reasons["reason"]
    assert objects.objects == {}


@pytest.mark.parametrize("position", ["7", "users/1 2026-11-24T02:00:00Z#~", "x" * 1024])
def test_a_position_that_fits_is_handed_on_as_it_is(position: str, aws: None) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3").create_bucket(Bucket="exports", CreateBucketConfiguration=where)

    def read(_: PartRequest) -> Iterator[Line]:
        yield Line("x" * 6 * MIB, position)

    export_handler("users", read, PartObjects("exports"), part_mib=5)(batch(), FakeContext(100))

    assert boto3.client("s3").head_object(Bucket="exports", Key=KEY)["Metadata"]["next-position"] == position


def test_a_part_that_s3_could_not_join_is_none_and_comes_again() -> None:
    objects = FakeExportObjects()

    answer = export_handler("users", Source(1000).read, objects, part_mib=50)(
        batch(), FakeContext(100, 100, MARGIN_S - 1)
    )

    assert failed(answer)
    assert objects.objects == {}


def test_a_last_part_is_written_though_it_is_small_and_time_is_short() -> None:
    objects = FakeExportObjects()

    export_handler("users", Source(3).read, objects, part_mib=5)(batch(), FakeContext(100, 100, 100, MARGIN_S - 1))

    assert written(objects)[1] == {"rows": "3", "is-last": "true"}


def test_the_first_part_under_a_key_stays_whatever_a_repetition_finds() -> None:
    objects = FakeExportObjects()
    export_handler("users", Source(5).read, objects, part_mib=5)(batch(), FakeContext(100))

    answer = export_handler("users", Source(9).read, objects, part_mib=5)(batch(), FakeContext(100))

    assert not failed(answer)
    assert written(objects)[1] == {"rows": "5", "is-last": "true"}


def test_another_source_is_not_asked() -> None:
    source, objects = Source(3), FakeExportObjects()

    answer = export_handler("users", source.read, objects, part_mib=5)(batch(source="activity"), FakeContext(100))

    assert not failed(answer)
    assert (source.asked, objects.objects) == ([], {})


def test_parts_that_s3_could_not_join_are_no_setting() -> None:
    with pytest.raises(ValueError, match="5 MiB or more, found 4"):
        export_handler("users", Source(0).read, FakeExportObjects(), part_mib=4)


@pytest.fixture(params=["fake", "s3"])
def parts(request: pytest.FixtureRequest) -> Parts:
    if request.param == "fake":
        return FakeExportObjects()
    request.getfixturevalue("aws")
    where = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3").create_bucket(Bucket="exports", CreateBucketConfiguration=where)
    return PartObjects("exports")


def test_a_part_is_put_once(parts: Parts) -> None:
    parts.put(KEY, b"1\n", {"rows": "1"})

    with pytest.raises(AlreadySeen):
        parts.put(KEY, b"2\n", {"rows": "2"})

    if isinstance(parts, FakeExportObjects):
        content, metadata = parts.objects[KEY]
    else:
        there = boto3.client("s3").get_object(Bucket="exports", Key=KEY)
        content, metadata = there["Body"].read(), there["Metadata"]
    assert (content, metadata) == (b"1\n", {"rows": "1"})


class Failing:
    """An S3 client with puts that fail with the given error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def put_object(self, **_wanted: Any) -> None:
        raise self._error


def refusal(status: int) -> ClientError:
    answer: Any = {"Error": {"Code": "Whatever"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal(412), AlreadySeen),
        (refusal(409), Unavailable),
        (refusal(429), Unavailable),
        (refusal(503), Unavailable),
        (EndpointConnectionError(endpoint_url="https://s3"), Unavailable),
        (refusal(403), ClientError),
        # A retry would fail in the same way.
        (ParamValidationError(report="no ASCII"), ParamValidationError),
    ],
)
def test_what_s3_answers_is_told_apart(
    error: Exception, expected: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = PartObjects("exports")
    monkeypatch.setitem(parts.__dict__, "_client", Failing(error))

    with pytest.raises(expected):
        parts.put(KEY, b"", {})
