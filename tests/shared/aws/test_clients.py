import tomllib
from pathlib import Path

import pytest

from functions.shared.aws.clients import ATTEMPTS, CONNECT_TIMEOUT_S, READ_TIMEOUT_S

MANIFESTS = sorted((Path(__file__).parents[3] / "functions").glob("*/service.toml"))
# The default timeout in cdk/settings/manifest.py.
DEFAULT_TIMEOUT_S = 10
# Before the second attempt botocore waits up to a second, and twice as long before each further one:
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
LONGEST_WAITS_S = sum(2.0**attempt for attempt in range(ATTEMPTS - 1))


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.parent.name)
def test_a_call_that_hangs_ends_before_its_function(manifest: Path) -> None:
    longest_s = ATTEMPTS * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S) + LONGEST_WAITS_S

    for function in tomllib.loads(manifest.read_text())["functions"].values():
        assert longest_s < function.get("timeout_s", DEFAULT_TIMEOUT_S)
