"""`make e2e`: the journeys succeed only on right answers, and leave nothing behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from operate import journeys
from operate.cli import main
from operate.deployed.api import Api
from operate.errors import OperateError
from operate.journeys import walk_as_file, walk_as_user
from tests.operate.gateway import Reply, Request, gateway

TYPES = ["UserDeactivated.v1", "UserUpdated.v1", "UserCreated.v1"]


class Platform:
    """Answers as the services do; `wrong` replaces the answers of some requests, by method and path."""

    def __init__(self, wrong: dict[tuple[str, str], Reply] | None = None) -> None:
        self.wrong = wrong or {}
        self.deleted: set[str] = set()
        self.url = ""

    def __call__(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        if request.method == "DELETE":
            self.deleted.add(path)
        if request.method == "GET" and path in self.deleted:
            return Reply(404)
        if request.headers["If-Match"] not in {None, "*"} and (request.method, path) not in self.wrong:
            return Reply(412)
        form = {"url": f"{self.url}/bucket", "fields": {}}
        right = {
            ("POST", "/users"): Reply(201, {"id": "1"}, {"Location": "/users/1", "ETag": '"1"'}),
            ("PATCH", "/users/1"): Reply(200, {}),
            ("GET", "/users/me"): Reply(403, {}),
            ("GET", "/users/1"): Reply(200, {"name": "Changed"}),
            ("DELETE", "/users/1"): Reply(204),
            ("GET", "/activity"): Reply(200, {"items": [{"type": each} for each in TYPES]}),
            ("POST", "/files"): Reply(201, {"name": "f.csv", "upload": form}, {"Location": "/files/f"}),
            ("POST", "/bucket"): Reply(204),
            ("GET", "/files/f"): Reply(200, {"state": "available", "download": {"url": f"{self.url}/bucket"}}),
            ("DELETE", "/files/f"): Reply(204),
        }
        return (right | self.wrong)[request.method, path]


def walk(journey: Callable[[Api], None], tmp_path: Path, wrong: dict[tuple[str, str], Reply] | None = None) -> Platform:
    platform = Platform(wrong)
    with gateway(platform, tmp_path) as target:
        platform.url = target.described["gateway_url"]
        api = Api(target, token=lambda: "token", connections=1)
        try:
            journey(api)
        except OperateError as error:
            platform.deleted.add(f"failed: {error}")
    return platform


def failed(platform: Platform) -> str:
    return next((each for each in platform.deleted if each.startswith("failed: ")), "")


def test_a_user_is_created_changed_deactivated_and_found_in_the_history(tmp_path: Path) -> None:
    platform = walk(walk_as_user, tmp_path)

    assert platform.deleted == {"/users/1"}


@pytest.mark.parametrize(
    ("request_", "reply", "text"),
    [
        (("PATCH", "/users/1"), Reply(200, {}), "PATCH /users/1 failed with 200"),
        (("GET", "/users/me"), Reply(200, {}), "GET /users/me failed with 200"),
        (("GET", "/users/1"), Reply(200, {"name": "Lost"}), "is not the changed one"),
        (("GET", "/activity"), Reply(200, {"items": []}), "the history of users/1: expected"),
    ],
)
def test_a_wrong_answer_fails_the_journey_and_the_user_is_deactivated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: tuple[str, str], reply: Reply, text: str
) -> None:
    monkeypatch.setattr(journeys, "_WITHIN_S", -1.0)

    platform = walk(walk_as_user, tmp_path, {request_: reply})

    assert text in failed(platform)
    assert "/users/1" in platform.deleted


def test_a_file_with_another_content_fails_the_journey_and_is_deleted(tmp_path: Path) -> None:
    platform = walk(walk_as_file, tmp_path, {("GET", "/bucket"): Reply(200, "another content")})

    assert "the download of /files/f is not what was uploaded" in failed(platform)
    assert "/files/f" in platform.deleted


def test_an_environment_that_retains_its_data_is_refused(capsys: pytest.CaptureFixture[Any]) -> None:
    assert main(["e2e", "--environment", "prod"]) == 1

    assert "prod keeps its data" in capsys.readouterr().err
