"""The gateway stack of prod."""

import pytest

from tests.cdk.templates import Assembly, Template


@pytest.fixture
def gateway(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-gateway")
