"""Records of a stream after a restart."""

import os

from ministack.core import persistence
from ministack.services import dynamodb


def test_a_reader_of_a_stream_continues_after_a_stop_where_it_was() -> None:
    persistence.PERSIST_STATE, persistence.STATE_DIR = True, os.environ["HOME"]
    dynamodb._stream_records["t"] = [{"dynamodb": {"SequenceNumber": str(number)}} for number in range(3)]
    dynamodb._stream_trimmed["t"] = 5
    persistence.save_all({"dynamodb": dynamodb.get_state})
    for kept in (dynamodb._stream_records, dynamodb._stream_trimmed):
        kept._data.clear()
    assert dynamodb.stream_end_position("t") == 0

    dynamodb.load_persisted_state(persistence.load_state("dynamodb"))

    assert dynamodb.stream_records_since("t", 7, 10) == [{"dynamodb": {"SequenceNumber": "2"}}]
    assert dynamodb.stream_end_position("t") == 8
