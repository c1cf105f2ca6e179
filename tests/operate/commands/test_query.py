"""The command that runs a query prints rows on standard output and notes on standard error."""

import json
from typing import Any

import pytest

from operate.cli import main
from operate.deployed.partiql import ROWS_AT_MOST
from operate.target import Target

PAGE = 400


class Outbox:
    """A DynamoDB that answers any statement with a number of rows, in pages."""

    def __init__(self, rows: int) -> None:
        self._rows = [{"pk": {"S": f"OUTBOX#{number}"}} for number in range(rows)]

    def execute_statement(self, *, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803 - as boto3 wants it
        end = int(NextToken) + PAGE
        return {
            "Items": self._rows[int(NextToken) : end],
            **({"NextToken": str(end)} if end < len(self._rows) else {}),
        }


@pytest.mark.parametrize(
    ("existing", "note"),
    [
        (ROWS_AT_MOST + 1, "Only the first 1,000 rows are shown. Narrow the query to see the others.\n"),
        (ROWS_AT_MOST, ""),
        (3, ""),
    ],
)
def test_a_thousand_rows_are_printed_at_most_with_a_note_if_there_are_more(
    existing: int, note: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Target, "client", lambda *_: Outbox(existing))

    assert main(["query", "--environment", "dev", "--json", "outbox", "service=users", "subject=users/1"]) == 0

    printed = capsys.readouterr()
    rows = [json.loads(line) for line in printed.out.splitlines()]
    assert rows == [{"pk": f"OUTBOX#{number}"} for number in range(min(existing, ROWS_AT_MOST))]
    assert printed.err == note
