from pathlib import Path

import pytest

from cdk.settings.handler_names import missing_from


@pytest.mark.parametrize(
    "source",
    [
        "def handler(event, context): ...",
        "async def handler(event, context): ...",
        "class handler: ...",
        "handler = make()",
        "handler: Handler = make()",
        "first, handler = make()",
        "from functions.orders.wiring import handler",
        "from functions.orders.wiring import entry as handler",
        "if FAST:\n    handler = make()\nelse:\n    def handler(event, context): ...",
        "try:\n    from fast import handler\nexcept ImportError:\n    handler = None",
        "from functions.orders.wiring import *",
        "def handler(:",
    ],
)
def test_a_defined_name_is_found(tmp_path: Path, source: str) -> None:
    module = tmp_path / "api.py"
    module.write_text(source)

    assert missing_from(module, "handler") is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("handlr = make()", "found 'handler'; did you mean 'handlr'?"),
        ("", "which does not define 'handler'"),
        ("def make():\n    other = 1\n", "which does not define 'handler'"),
        ("def make():\n    handler = 1\n", "which does not define 'handler'"),
        ("print(handler)", "which does not define 'handler'"),
    ],
)
def test_a_missing_name_is_reported_with_the_nearest_one(tmp_path: Path, source: str, message: str) -> None:
    module = tmp_path / "api.py"
    module.write_text(source)

    assert missing_from(module, "handler") == message
