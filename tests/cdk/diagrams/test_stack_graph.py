"""Stacks as one graph."""

import pytest

from cdk.diagrams.stack_graph import Json, Stacks


def stacks() -> Stacks:
    shop: Json = {
        "Description": "Sells.",
        "Resources": {
            "Table": {"Type": "Table"},
            "Role": {"Type": "Role", "Properties": {"On": [{"Fn::GetAtt": ["Table", "Arn"]}, "*"]}},
        },
        "Outputs": {"Name": {"Value": {"Ref": "Table"}, "Export": {"Name": "shop:Table"}}},
    }
    bank: Json = {
        "Resources": {
            "Table": {"Type": "Table", "Metadata": {"calls": "The tax office"}},
            "Role": {"Type": "Role", "Properties": {"On": {"Fn::Join": ["", [{"Fn::ImportValue": "shop:Table"}]]}}},
        }
    }
    return Stacks({"shop": shop, "bank": bank})


def test_resources_are_listed_by_type_and_stack() -> None:
    assert [(each.stack, each.name) for each in stacks().of_type("Table")] == [("shop", "Table"), ("bank", "Table")]
    assert [each.metadata for each in stacks().of_type("Table", "bank")] == [{"calls": "The tax office"}]


def test_the_only_one_of_a_type_must_be_the_only_one() -> None:
    with pytest.raises(ValueError, match="too many values"):
        stacks().only("Table")


@pytest.mark.parametrize(
    ("stack", "reference", "stack_of_table"),
    [
        ("shop", {"Ref": "Table"}, "shop"),
        ("shop", {"Fn::GetAtt": ["Table", "Arn"]}, "shop"),
        ("bank", {"Ref": "Table"}, "bank"),
        ("bank", {"Fn::ImportValue": "shop:Table"}, "shop"),
    ],
)
def test_a_reference_is_followed_in_its_stack_and_across(stack: str, reference: Json, stack_of_table: str) -> None:
    [table] = stacks().of_type("Table", stack_of_table)

    assert stacks().resolve(stack, reference) == table


def test_a_literal_text_resolves_to_itself() -> None:
    assert stacks().resolve("shop", "0.0.0.0/0") == "0.0.0.0/0"


@pytest.mark.parametrize("reference", [{"Ref": "Nothing"}, {"Fn::ImportValue": "unknown:Nothing"}, {"Fn::Sub": "x"}, 7])
def test_a_reference_to_no_resource_is_refused(reference: object) -> None:
    with pytest.raises(ValueError, match="points to no resource"):
        stacks().resolve("shop", reference)


def test_references_in_a_value_are_found_at_any_depth() -> None:
    [role] = stacks().of_type("Role", "bank")

    assert list(stacks().references_in("bank", role.properties)) == stacks().of_type("Table", "shop")


def test_a_stack_depends_on_the_stacks_that_it_imports_from() -> None:
    assert stacks().dependencies() == [("bank", "shop")]
