"""The fields that the rows of a file can bring, for each target."""

from collections.abc import Mapping
from typing import Literal, get_args

# The fields of each target, and those that a row must have.
UserField = Literal["email", "name", "locale"]
FIELDS: Mapping[str, frozenset[str]] = {"users": frozenset(get_args(UserField))}
REQUIRED: Mapping[str, frozenset[str]] = {"users": frozenset({"email"})}
