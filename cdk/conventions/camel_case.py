"""Names of manifests as constructs and statements of policies have them."""

import re


def camel(name: str) -> str:
    """Turn `cursor-key` into `CursorKey`, and the folder `files/raw/` into `FilesRaw`."""
    return "".join(part.capitalize() for part in re.split("[-/]", name))
