import json
import sys
from pathlib import Path

import pytest

from local.errors import PlatformError
from local.progress import Progress
from local.serve import DEBUG_PORT, command, serve
from local.settings import CHECKOUT, Settings


def test_a_served_service_listens_on_loopback_and_reloads_its_own_and_the_shared_code() -> None:
    words = command("users", port=8000, debug=False)

    assert words[:4] == [sys.executable, "-m", "uvicorn", "local.served:app"]
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert [words[place + 1] for place, word in enumerate(words) if word == "--reload-dir"] == [
        "functions/users",
        "functions/shared",
    ]


def test_a_debugged_service_waits_on_loopback_where_the_launch_file_looks_for_it() -> None:
    words = command("users", port=8000, debug=True)
    launch = json.loads((CHECKOUT / ".vscode/launch.json").read_text("utf-8"))

    listen = words[words.index("--listen") + 1]
    assert listen == f"127.0.0.1:{DEBUG_PORT}"
    assert "--reload" not in words
    [attach] = [each["connect"] for each in launch["configurations"] if each["request"] == "attach"]
    assert f"{attach['host']}:{attach['port']}" == listen


def test_a_service_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    with pytest.raises(PlatformError, match=r"There is no service 'nope'\. The services are: activity"):
        serve(settings, Progress(), service="nope", port=8000, debug=False)
    with pytest.raises(PlatformError, match=r"Name the service: service=…\. The services are: activity"):
        serve(settings, Progress(), service="", port=8000, debug=False)


def test_without_a_running_platform_the_command_that_starts_it_is_named(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    with pytest.raises(PlatformError, match="make up"):
        serve(settings, Progress(), service="users", port=8000, debug=True)
