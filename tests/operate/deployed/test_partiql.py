"""PartiQL statements."""

import pytest

from operate.deployed.partiql import Statement, bound, statements
from operate.errors import OperateError
from operate.target import Target

TARGET = Target("dev", {})
FROM_USERS = 'SELECT * FROM "users" '


def made(text: str, *, may_scan: bool = False, **values: str) -> Statement:
    return bound(text, values, TARGET, may_scan=may_scan, name="q")


def test_a_value_is_bound_and_never_inserted_as_text() -> None:
    evil = "x' OR '1' = '1"

    statement = made("""SELECT * FROM "users" WHERE pk = 'EMAIL#{email:lower}'""", email=f"Ada{evil}")

    assert statement.text == 'SELECT * FROM "platform-dev-users" WHERE pk = ?'
    assert statement.parameters == (f"EMAIL#ada{evil.lower()}",)


def test_an_index_and_literals_without_parameters_do_not_change() -> None:
    statement = made("""SELECT email FROM "users"."by_state" WHERE "state" = 'it''s' """)

    assert statement == Statement('SELECT email FROM "platform-dev-users"."by_state" WHERE "state" = \'it\'\'s\'', ())


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "WHERE email = 'a'",
        "WHERE pk > 'a'",
        "WHERE begins_with(pk, 'USER#')",
        "WHERE pk = 'a' OR email = 'b'",
        "WHERE NOT pk = 'a'",
        "WHERE email = 'pk = 1'",
        "WHERE backpk = 'a'",
        "WHERE a.pk = 'a'",
        "WHERE email = 'a' ORDER BY pk = 'a'",
    ],
)
def test_a_scan_is_rejected_unless_it_is_allowed(condition: str) -> None:
    text = FROM_USERS + condition

    with pytest.raises(OperateError, match="this would read the whole table"):
        made(text)
    assert made(text, may_scan=True).text.startswith("SELECT")


@pytest.mark.parametrize("condition", ["pk = 'a'", "\"pk\"='a' AND email = 'b'", "email = 'b' and pk IN ['a', 'b']"])
def test_a_condition_on_the_partition_key_is_accepted(condition: str) -> None:
    assert made(f"{FROM_USERS}WHERE {condition}").text


def test_a_query_of_an_index_needs_the_partition_key_of_the_index() -> None:
    with pytest.raises(OperateError, match=r"WHERE must contain state = …"):
        made("""SELECT * FROM "users"."by_state" WHERE pk = 'a'""")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("""DELETE FROM "users" WHERE pk = 'a'""", "expected SELECT"),
        ("""UPDATE "users" SET active = false WHERE pk = 'a'""", "expected SELECT"),
        ("SELECT 1", "expected SELECT"),
        ("""SELECT * FROM "refunds" WHERE pk = 'a'""", "no service 'refunds'"),
        ("""SELECT * FROM "users"."by_age" WHERE age = 'a'""", "no index 'by_age'"),
        ("""SELECT * FROM "users" WHERE pk = '{unknown}'""", "There is no parameter or column {unknown}"),
    ],
)
def test_an_invalid_statement_is_rejected(text: str, problem: str) -> None:
    with pytest.raises(OperateError, match=problem):
        made(text)


def test_semicolons_outside_of_literals_separate_statements() -> None:
    assert statements("SELECT 'a;b' ; SELECT 'c''d;' ;\n") == ["SELECT 'a;b' ", " SELECT 'c''d;' "]
