"""The command that fills an environment, and its recipes."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from operate.cli import main
from operate.commands.seed import SIZES
from operate.deployed.api import Api
from operate.errors import OperateError
from operate.seeds import recipes
from operate.seeds.recipes import files, imports, users, webhooks
from tests.operate.gateway import Reply, Request, gateway

SEEDS = [found.name for found in pkgutil.iter_modules(recipes.__path__)]


@contextmanager
def recorded(tmp_path: Path, *, create: Reply) -> Iterator[tuple[Api, list[Request]]]:
    """Serve an API with this answer to a creation; it accepts every other request. Record the requests."""
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return {"POST": create, "PATCH": Reply(200, {}), "DELETE": Reply(204)}[request.method]

    with gateway(answer, tmp_path) as target:
        yield Api(target, token=lambda: "token", connections=1), seen


def test_an_environment_that_retains_its_data_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed", "--environment", "prod"]) == 1

    assert "prod keeps its data (`removal: retain`)" in capsys.readouterr().err


@pytest.mark.parametrize("at_once", ["0", "-1"])
def test_fewer_than_one_parallel_request_is_rejected(at_once: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["seed", "--at-once", at_once])

    assert "at_once: expected a number from 1" in capsys.readouterr().err


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_has_a_count_for_each_size_and_a_life(name: str) -> None:
    seed = importlib.import_module(f"operate.seeds.recipes.{name}")

    assert tuple(seed.COUNT) == SIZES
    assert 0 < seed.COUNT["small"] <= seed.COUNT["large"]
    assert callable(seed.life(0))


def test_a_number_is_always_the_same_user(tmp_path: Path) -> None:
    with recorded(tmp_path, create=Reply(201, {}, {"Location": "/users/1"})) as (api, seen):
        for number in (7, 8, 9, 7):
            users.life(number)(api)
    creations = [request for request in seen if request.method == "POST"]

    assert creations[0].body == creations[3].body
    assert creations[0].headers["Idempotency-Key"] == creations[3].headers["Idempotency-Key"]
    assert len({request.body["email"] for request in creations}) == 3


def test_an_address_is_ascii_for_every_name(tmp_path: Path) -> None:
    with recorded(tmp_path, create=Reply(409)) as (api, seen):
        for number in range(200):
            users.life(number)(api)

    assert all(request.body["email"].isascii() and ".." not in request.body["email"] for request in seen)
    assert any(not request.body["name"].isascii() for request in seen)


def test_a_user_is_renamed_and_then_deactivated_with_the_next_version(tmp_path: Path) -> None:
    with recorded(tmp_path, create=Reply(201, {}, {"Location": "/users/1"})) as (api, seen):
        users.life(20)(api)

    assert [(each.method, each.headers.get("If-Match")) for each in seen] == [
        ("POST", None),
        ("PATCH", '"1"'),
        ("DELETE", '"2"'),
    ]


def test_an_existing_user_is_not_changed(tmp_path: Path) -> None:
    with recorded(tmp_path, create=Reply(409, {"title": "Email taken"})) as (api, seen):
        assert users.life(20)(api) is False

    assert [each.method for each in seen] == ["POST"]


def test_the_life_of_a_user_of_an_earlier_run_continues_but_is_not_new(tmp_path: Path) -> None:
    replayed = Reply(201, {}, {"Location": "/users/1", "Idempotency-Replayed": "true"})

    with recorded(tmp_path, create=replayed) as (api, seen):
        assert users.life(20)(api) is False

    assert [each.method for each in seen] == ["POST", "PATCH", "DELETE"]


def test_a_file_is_uploaded_by_its_form_only_once(tmp_path: Path) -> None:
    uploaded: list[Request] = []

    def answer(request: Request) -> Reply:
        if request.path == "/storage":
            uploaded.append(request)
            return Reply(204)
        form = {"url": f"http://{request.headers['Host']}/storage", "fields": {"key": "incoming/1"}}
        content = {"name": request.body["name"], "upload": form if len(uploaded) == 0 else None}
        return Reply(201, content, {"Location": "/files/1"})

    with gateway(answer, tmp_path) as target:
        api = Api(target, token=lambda: "token", connections=1)
        outcomes = [files.life(number)(api) for number in (10, 11, 11)]

    assert outcomes == [True, True, True]
    # File 10 is never uploaded, and file 11 only once.
    [form] = uploaded
    assert form.headers["Content-Type"].startswith("multipart/form-data")


def test_a_rejected_upload_is_reported(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/storage":
            return Reply(403)
        form = {"url": f"http://{request.headers['Host']}/storage", "fields": {}}
        return Reply(201, {"name": request.body["name"], "upload": form})

    with gateway(answer, tmp_path) as target:
        api = Api(target, token=lambda: "token", connections=1)
        with pytest.raises(OperateError, match=r"storage rejected the upload of .* with 403"):
            files.life(1)(api)


class Subscriptions:
    """The webhooks API of a seed, with pages of one item; it fails the request `dies_at`."""

    def __init__(self) -> None:
        self.webhooks: list[dict[str, Any]] = []
        self.tested: list[str] = []
        self.dies_at = ""

    def __call__(self, request: Request) -> Reply:
        path, _, query = request.path.partition("?")
        if self.dies_at == f"{request.method} {path.rpartition('/')[2]}":
            return Reply(500, {"title": "Killed"})
        if path == "/webhooks" and request.method == "GET":
            after = int(dict(part.split("=") for part in query.split("&")).get("cursor", 0))
            more = after + 1 < len(self.webhooks)
            return Reply(
                200, {"items": self.webhooks[after : after + 1], "next_cursor": str(after + 1) if more else None}
            )
        if path == "/webhooks":
            made = {"id": str(len(self.webhooks)), "enabled": True, "version": 1, **request.body}
            self.webhooks.append(made)
            return Reply(201, made)
        _, _, webhook_id, *what = path.split("/")
        if request.method == "PATCH":
            self.webhooks[int(webhook_id)] |= {**request.body, "version": 2}
        if request.method == "POST":
            self.tested.append(webhook_id)
        items = [webhook_id] if webhook_id in self.tested else []
        return Reply(202, {}) if what == ["test"] else Reply(200, {"items": items})


@pytest.mark.parametrize("dies_at", ["", "POST webhooks", "GET deliveries", "POST test", "PATCH 1"])
def test_a_webhook_is_created_tested_and_paused_once_after_any_interruption(tmp_path: Path, dies_at: str) -> None:
    subscriptions = Subscriptions()
    with gateway(subscriptions, tmp_path) as target:
        api = Api(target, token=lambda: "token", connections=1)
        assert webhooks.life(0)(api) is True
        subscriptions.dies_at = dies_at
        with suppress(OperateError):
            webhooks.life(4)(api)
        subscriptions.dies_at = ""
        assert webhooks.life(4)(api) is (dies_at == "POST webhooks")

    assert subscriptions.tested == ["0", "1"]
    assert [(each["enabled"], each["version"]) for each in subscriptions.webhooks] == [(False, 2)] * 2
    assert [each["event_types"] for each in subscriptions.webhooks] == [["*"], ["webhooks/WebhookDisabled.v1"]]


@pytest.mark.slow
def test_the_receiver_of_a_webhook_never_resolves(tmp_path: Path) -> None:
    subscriptions = Subscriptions()
    with gateway(subscriptions, tmp_path) as target:
        api = Api(target, token=lambda: "token", connections=1)
        for number in range(webhooks.COUNT["large"]):
            webhooks.life(number)(api)
            subscriptions.webhooks, seen = [], subscriptions.webhooks
            hosts = r"https://hooks\.[a-z0-9][a-z0-9-]*[a-z0-9]\.example/platform/\d+"
            assert re.fullmatch(hosts, seen[0]["url"]), seen


class Platform:
    """The API of an import: the second request finds the file, and the second poll finds the import ended."""

    def __init__(self) -> None:
        self.uploads: list[bytes] = []
        self.asked: list[Request] = []
        self.polls = 0

    def answer(self, request: Request) -> Reply:
        if request.path == "/storage":
            self.uploads.append(request.body)
            return Reply(204)
        if request.path == "/files":
            form = {"url": f"http://{request.headers['Host']}/storage", "fields": {}}
            return Reply(201, {"id": "1", "name": request.body["name"], "upload": form})
        if request.method == "POST":
            self.asked.append(request)
            return Reply(202 if len(self.asked) > 1 else 404, {}, {"Location": "/imports/1"})
        self.polls += 1
        return Reply(200, {"status": "completed" if self.polls > 1 else "writing"})


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_LOOK_EVERY_S", 0.01)


def test_an_import_is_requested_until_its_file_is_available_and_polled_to_its_end(tmp_path: Path) -> None:
    platform = Platform()
    with gateway(platform.answer, tmp_path) as target:
        assert imports.life(0)(Api(target, token=lambda: "token", connections=1)) is True

    assert platform.uploads[0].count(b"@example.org") == imports.ROWS_OF_OFFICE
    assert {request.headers["Idempotency-Key"] for request in platform.asked} == {"seed-import-0"}
    assert (len(platform.asked), platform.polls) == (2, 2)


def test_the_first_imports_are_offices_and_the_others_companies(tmp_path: Path) -> None:
    platform = Platform()
    with gateway(platform.answer, tmp_path) as target:
        for number in range(imports.OFFICES - 1, imports.OFFICES + 1):
            imports.life(number)(Api(target, token=lambda: "token", connections=1))

    rows = [upload.count(b"@example.org") for upload in platform.uploads]
    assert rows == [imports.ROWS_OF_OFFICE, imports.ROWS_OF_COMPANY]


def test_of_three_imports_one_has_rows_without_an_address_and_one_lacks_the_column(tmp_path: Path) -> None:
    platform = Platform()
    with gateway(platform.answer, tmp_path) as target:
        for number in range(3):
            imports.life(number)(Api(target, token=lambda: "token", connections=1))

    assert [upload.count(b"on leave") for upload in platform.uploads] == [0, 6, 0]
    assert [b"Name,E-mail" in upload for upload in platform.uploads] == [True, True, False]
