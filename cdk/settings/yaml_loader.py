"""YAML in which each key is given once: of two, YAML takes the last one and says nothing of the first."""

from collections.abc import Hashable
from typing import Any

import yaml


class UniqueKeysLoader(yaml.SafeLoader):
    """Loads the types of JSON and dates, as the safe loader does, and refuses a key that is given twice.

    Raises:
        yaml.constructor.ConstructorError: With the key and its line.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - as its parent has it
        """Read a map."""
        seen = set[Hashable]()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key}: expected each key once, found it twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)
