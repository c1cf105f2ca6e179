"""The environment variables of a function, which its stack in `cdk/` sets."""

import json
import os
from typing import Any


def setting(name: str) -> str:
    """Return an environment variable.

    Raises:
        LookupError: The variable is not set, because the manifest does not declare it.
    """
    try:
        return os.environ[name]
    except KeyError:
        message = (
            f"The environment variable {name} is not set. Declare in service.toml what this function uses. On a laptop,"
            " `make serve` runs a service with its variables."
        )
        raise LookupError(message) from None


def setting_value(name: str) -> Any:  # noqa: ANN401 - a JSON value
    """Return a setting from the manifest's `[settings]` or `[settings_in.<environment>]`.

    Raises:
        LookupError: The manifest does not have the setting.
    """
    return json.loads(setting(f"SETTING_{name.upper()}"))
