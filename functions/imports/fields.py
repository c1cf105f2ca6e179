"""The fields that the rows of a file can bring, for each target."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

UserField = Literal["email", "name", "locale", "active"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """The fields of a target.

    Attributes:
        fields: The fields that rows can have, in the order in which messages list them.
        required: The fields that each row must have.
        truth_values: The fields that are true or false.
        assigned: The columns of an export that the platform assigns; without a mapping, an import leaves them out.
    """

    fields: tuple[str, ...]
    required: frozenset[str]
    truth_values: frozenset[str]
    assigned: frozenset[str]

    @cached_property
    def own_names(self) -> Mapping[str, str]:
        """The mapping for columns that have the names of the fields."""
        return {field: field for field in self.fields}

    @cached_property
    def known(self) -> frozenset[str]:
        """The columns that a file may have without a mapping."""
        return self.assigned.union(self.fields)


TARGETS: Mapping[str, Target] = {
    "users": Target(
        fields=get_args(UserField),
        required=frozenset({"email"}),
        truth_values=frozenset({"active"}),
        assigned=frozenset({"id", "version", "created_at", "updated_at"}),
    )
}
