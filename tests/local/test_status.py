import io
import json
from pathlib import Path

from rich.console import Console

from local import status
from local.progress import Progress
from local.settings import Settings


def test_the_parts_are_json_for_scripts(tmp_path: Path) -> None:
    settings, printed = Settings.read({"PLATFORM_HOME": str(tmp_path)}), io.StringIO()

    healthy = status.show(settings, Progress(Console(file=printed, soft_wrap=True)), region="eu-west-1", as_json=True)

    assert not healthy
    assert [json.loads(line) for line in printed.getvalue().splitlines()] == [
        {"part": "embedded-aws", "healthy": False, "note": "not running"},
        {"part": "gateway", "healthy": False, "note": "not running"},
    ]
