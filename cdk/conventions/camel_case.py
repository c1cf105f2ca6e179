"""Names of a manifest in the form that construct ids and statement names need."""

import re


def camel(name: str) -> str:
    """Turn `cursor-key` into `CursorKey`, and the folder `files/raw/` into `FilesRaw`."""
    return "".join(part.capitalize() for part in re.split("[-/]", name))
