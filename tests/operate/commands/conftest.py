"""Fixtures of the commands."""

import io

import pytest


@pytest.fixture
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at a shift again at once; no terminal answers questions."""
    monkeypatch.setattr("operate.releases.rollback._PERIOD_S", 0)
    monkeypatch.setattr("sys.stdin", io.StringIO())
