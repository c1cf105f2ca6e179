"""What the stack tells a function through its environment; see `cdk/` for who sets it."""

import json
import os
from typing import Any


def setting(name: str) -> str:
    """Return an environment variable.

    Raises:
        LookupError: It is not set: the manifest does not declare what the code uses.
    """
    try:
        return os.environ[name]
    except KeyError:
        message = f"The environment variable {name} is not set: does service.toml declare what this function uses?"
        raise LookupError(message) from None


def setting_value(name: str) -> Any:  # noqa: ANN401 - a JSON value
    """Return what the manifest's `[settings]`, or `[settings_in.<environment>]`, says.

    Raises:
        LookupError: It says nothing.
    """
    return json.loads(setting(f"SETTING_{name.upper()}"))
