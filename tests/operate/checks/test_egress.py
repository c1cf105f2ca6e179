"""The check of the prefix list of S3."""

from operate.checks.egress import check_prefix_list
from tests.operate.checks.fakes import HERE, FakeAccount, target

ACCOUNT = FakeAccount(prefix_lists={f"com.amazonaws.{HERE}.s3": "pl-6da54004"})


def test_the_prefix_list_of_s3_is_correct() -> None:
    edge = {"egress": "endpoints", "s3_prefix_list": "pl-6da54004"}

    [finding] = check_prefix_list(target(edge=edge), ACCOUNT)

    assert finding.state == "ok"


def test_another_prefix_list_than_that_of_s3_is_a_problem() -> None:
    edge = {"egress": "endpoints", "s3_prefix_list": "pl-12345678"}

    [finding] = check_prefix_list(target(edge=edge), ACCOUNT)

    assert finding.state == "problem"
    assert finding.text == "pl-12345678 is not the prefix list of S3 in eu-west-1"
    assert finding.remedy == "set `edge.s3_prefix_list: pl-6da54004` in cdk/environments/dev.yaml"


def test_egress_through_nat_needs_no_prefix_list() -> None:
    assert list(check_prefix_list(target(edge={"egress": "nat"}), FakeAccount())) == []
