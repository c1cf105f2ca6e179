"""Fixtures of the commands: the manifests of this checkout, read once."""

from functools import cache

import pytest

from cdk.settings.manifests import load_manifests


@pytest.fixture(autouse=True)
def _manifests_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operate.target.load_manifests", _manifests)


_manifests = cache(load_manifests)
