"""The command that runs a query: what it prints, and what it says beside that."""

import json
from typing import Any

import pytest

from operate.cli import main
from operate.deployed.partiql import ROWS_AT_MOST
from operate.target import Target

PAGE = 400


class Outbox:
    """A DynamoDB that has so many rows for any statement, a page at a time."""

    def __init__(self, rows: int) -> None:
        self._rows = [{"pk": {"S": f"OUTBOX#{number}"}} for number in range(rows)]

    def execute_statement(self, *, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803 - as boto3 wants it
        end = int(NextToken) + PAGE
        return {
            "Items": self._rows[int(NextToken) : end],
            **({"NextToken": str(end)} if end < len(self._rows) else {}),
        }


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (ROWS_AT_MOST + 1, "These are the first 1,000 rows; there are more. Ask for fewer.\n"),
        (ROWS_AT_MOST, ""),
        (3, ""),
    ],
)
def test_rows_are_printed_up_to_a_thousand_and_it_is_said_where_there_are_more(
    there: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Target, "client", lambda *_: Outbox(there))

    assert main(["query", "--environment", "dev", "--json", "outbox", "service=users", "subject=users/1"]) == 0

    printed = capsys.readouterr()
    rows = [json.loads(line) for line in printed.out.splitlines()]
    assert rows == [{"pk": f"OUTBOX#{number}"} for number in range(min(there, ROWS_AT_MOST))]
    assert printed.err == said
