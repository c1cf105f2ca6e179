import io
import json
from datetime import UTC, datetime, timedelta

from functions.shared.observability import logger


def test_a_line_has_a_level_and_a_timestamp_that_lambda_can_read(log: io.StringIO) -> None:
    logger.error("something")

    line = json.loads(log.getvalue())
    written_at = datetime.fromisoformat(line["timestamp"])
    assert line["level"] == "ERROR"
    assert "T" in line["timestamp"]
    assert "," not in line["timestamp"]
    assert abs(datetime.now(UTC) - written_at) < timedelta(minutes=1)
