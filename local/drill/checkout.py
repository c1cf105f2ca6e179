"""A copy of the checkout, which a drill or a test may change."""

import shutil
from pathlib import Path

from local.settings import CHECKOUT

# Installed dependencies and caches, which the copy shares.
_SHARED = (".local", ".venv", "node_modules")
_LEFT_OUT = (*_SHARED, ".git", "__pycache__", ".*_cache", ".hypothesis")


def copy_of_checkout(target: Path) -> Path:
    """Copy the sources; installed dependencies are shared."""
    shutil.copytree(CHECKOUT, target, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    for name in _SHARED:
        (target / name).symlink_to(CHECKOUT / name)
    return target
