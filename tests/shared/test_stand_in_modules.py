"""Stand-ins replace a module during one import, and never one that is imported already."""

import importlib
import json
import sys

import pytest

from functions.shared.stand_in_modules import Nothing, imported_instead, stand_in


def test_an_import_finds_the_stand_in_and_only_the_names_that_it_has() -> None:
    made = stand_in("made_up", "Span", one=1)

    with imported_instead(made, stand_in("made_up.inside", two=2)):
        assert importlib.import_module("made_up") is made
        assert importlib.import_module("made_up.inside").two == 2
        with pytest.raises(ImportError):
            exec("from made_up import Tracer")  # noqa: S102 - an import that must fail

    assert made.Span[int] is Nothing
    assert made.one == 1


def test_nothing_is_left_after_the_block() -> None:
    with imported_instead(stand_in("made_up")):
        pass

    assert "made_up" not in sys.modules


def test_a_module_that_is_imported_already_stays() -> None:
    with imported_instead(stand_in("json")):
        assert sys.modules["json"] is json

    assert sys.modules["json"] is json
