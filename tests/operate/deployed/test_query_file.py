"""The parser of query files, and the files of queries/."""

from pathlib import Path

import pytest

from local.embedded_aws.logs.query import parse
from operate.deployed.log_insights import log_groups, text_of
from operate.deployed.partiql import bound, statements
from operate.deployed.query_file import QueryFile, read_queries, read_query
from operate.errors import OperateError
from operate.target import Target

QUERIES = read_queries()


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_a_head_has_the_description_and_the_parameters(tmp_path: Path) -> None:
    text = '# Slow\n# ones.\n#\n# log_groups = ["*/api"]\n# [parameters]\n# last = "2h"\n\nfields @message\n| limit 1\n'

    query = read_query(written(tmp_path, "slow.logs", text))

    assert (query.name, query.language, query.description) == ("slow", "logs", "Slow ones.")
    assert (query.log_groups, query.parameters) == (("*/api",), {"last": "2h"})
    assert query.text == "fields @message\n| limit 1"


def test_a_later_comment_is_part_of_the_text(tmp_path: Path) -> None:
    query = read_query(written(tmp_path, "q.partiql", "-- Users.\n\nSELECT 1\n-- really\n"))

    assert (query.description, query.parameters, query.text) == ("Users.", {}, "SELECT 1\n-- really")


@pytest.mark.parametrize("head", ["# Slow.\n#\n# colour = 1", "# Slow.\n#\n# log_groups =", "# Slow.\n#\n# scan = 'x'"])
def test_an_invalid_head_is_rejected_with_the_name_of_the_file(head: str, tmp_path: Path) -> None:
    with pytest.raises(OperateError, match=r"queries/bad\.logs: the head is invalid"):
        read_query(written(tmp_path, "bad.logs", f"{head}\n\nfields @message\n"))


def test_two_files_with_the_same_name_are_rejected(tmp_path: Path) -> None:
    for name in ("same.logs", "same.partiql", "other.txt"):
        written(tmp_path, name, "")

    with pytest.raises(OperateError, match=r"queries/same\.partiql: another file"):
        read_queries(tmp_path)


def test_missing_and_unknown_parameters_are_rejected() -> None:
    query = QueryFile(name="q", language="logs", description="", text="", parameters={"last": "1h", "id": ""})

    assert query.arguments({"id": "7"}) == {"last": "1h", "id": "7"}
    with pytest.raises(OperateError, match="q needs the parameter id=…"):
        query.arguments({"last": "2h"})
    with pytest.raises(OperateError, match=r"q has no parameter 'colour'\. Its parameters are: last, id"):
        query.arguments({"colour": "red"})


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_of_this_project_can_be_run(query: QueryFile) -> None:
    target = Target("dev", {})
    values = {name: value or next(iter(target.manifests)) for name, value in query.parameters.items()}
    assert query.description.endswith(".")
    try:
        if query.language == "logs":
            assert parse(text_of(query, values)).shown
            assert log_groups(query, target)
        else:
            for text in statements(query.text):
                assert bound(text, {"user_id": "1", **values}, target, may_scan=query.scan, name=query.name).text
    except OperateError as error:
        if "There is no service" in str(error) or " 0 functions match " in str(error):
            pytest.skip("its service does not exist")
        raise
