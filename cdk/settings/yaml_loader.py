"""A YAML loader that rejects duplicate keys, of which PyYAML silently keeps only the last."""

from collections.abc import Hashable
from typing import Any

import yaml


class UniqueKeysLoader(yaml.SafeLoader):
    """The safe loader, which in addition rejects a key that occurs twice.

    Raises:
        yaml.constructor.ConstructorError: A key occurs twice; the error names the key and its line.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the signature of its parent
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
