"""A front end on another origin, in a real browser: sign-in, creation, refusals, upload and download."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cdk.settings.environment import load_environment
from tests.e2e.browser import Page, browsing
from tests.e2e.platform_under_test import PlatformUnderTest

FRONT_END = (Path(__file__).parent / "front_end.html").read_bytes()
REFUSED = "TypeError: Failed to fetch"


class FrontEnd(BaseHTTPRequestHandler):
    """A front end of one page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(FRONT_END)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving(port: int) -> Iterator[str]:
    """Serve the front end on a port of localhost, and give its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", port), FrontEnd)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def allowed() -> Iterator[str]:
    """The front end on the first free port that the environment allows."""
    with ExitStack() as opened:
        for origin in load_environment("local").gateway.allowed_origins:
            try:
                yield opened.enter_context(serving(urlsplit(origin).port or 80))
            except OSError:
                continue  # a front end of the developer's
            return
        pytest.fail("a front end on another port is needed, and all of gateway.allowed_origins are in use")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browsing(tmp_path / "profile") as opened:
        yield opened


def sign_in(platform: PlatformUnderTest, page: Page, front_end: str) -> str:
    """Sign a person in on the pool's page, to which the front end sends the browser; return their token."""
    pool = platform.described["aws_endpoint_url"]
    client = platform.output("platform-local-identity", "FrontEndClientId")
    member = json.loads(Path(platform.described["identities_file"]).read_text())["member"]
    page.open(f"{front_end}/")
    page.run("signIn(pool, client)", pool=pool, client=client)
    page.wait_for(f"location.href.startsWith({json.dumps(pool)}) && document.querySelector('[name=password]') !== null")
    page.run("fill(person)".replace("fill", FILL), person=member)
    page.wait_for(f"location.href.startsWith({json.dumps(front_end)}) && typeof exchange === 'function'")
    return str(page.run("exchange(pool, client)", pool=pool, client=client))


# The pool's page has no such function.
FILL = """(person => {
  document.querySelector('[name=username]').value = person.email;
  document.querySelector('[name=password]').value = person.password;
  setTimeout(() => document.querySelector('[name=password]').form.submit());
})"""


def test_a_page_of_an_allowed_origin_signs_in_creates_uploads_and_downloads(
    platform: PlatformUnderTest, page: Page, allowed: str
) -> None:
    token = sign_in(platform, page, allowed)
    gateway = platform.described["gateway_url"]

    made = page.run(
        "call(gateway + '/files', token, 'POST', {name: 'a.csv', content_type: 'text/csv', size_bytes: 4})",
        gateway=gateway,
        token=token,
    )
    assert made["status"] == 201, made
    assert made["headers"]["location"] == f"/files/{made['body']['id']}"
    assert {"etag", "x-request-id"} <= made["headers"].keys()

    uploaded = page.run("upload(form, 'a,b\\n')", form=made["body"]["upload"])
    assert uploaded["status"] == 204
    assert uploaded["headers"]["etag"]

    file = page.run("decided(url, token)", url=gateway + made["headers"]["location"], token=token)
    assert file["state"] == "available"
    assert page.run("fetch(url).then(answer => answer.text())", url=file["download"]["url"]) == "a,b\n"


def test_a_page_of_an_allowed_origin_reads_refusals_as_problems(
    platform: PlatformUnderTest, page: Page, allowed: str
) -> None:
    gateway = platform.described["gateway_url"]
    member = platform.token("member")
    page.open(f"{allowed}/")

    answers = [
        page.run(f"call(gateway + '{path}', token, '{method}', {body})", gateway=gateway, token=token)
        for method, path, body, token in (
            ("GET", "/files", "undefined", "of no one"),
            ("POST", "/users", "{email: 'new@example.com'}", member),
            ("DELETE", "/files/nothing", "undefined", member),
            ("GET", "/nothing", "undefined", member),
            ("POST", "/files", "{name: 'x'.repeat(1100000)}", member),
        )
    ]

    assert [answer["status"] for answer in answers] == [401, 403, 404, 404, 413]
    for answer in answers:
        assert answer["headers"]["content-type"].startswith("application/problem+json")
        assert answer["body"]["request_id"] == answer["headers"]["x-request-id"]


def test_a_page_of_any_other_origin_reads_nothing(platform: PlatformUnderTest, page: Page) -> None:
    token = platform.token("member")
    gateway, aws = platform.described["gateway_url"], platform.described["aws_endpoint_url"]
    file = platform.client("member").post("/files", json={"name": "b.csv", "content_type": "text/csv", "size_bytes": 4})
    form = file.json()["upload"]
    with serving(0) as elsewhere:
        page.open(f"{elsewhere}/")
        failures = [
            page.run(f"{attempt}.then(() => 'read', String)", gateway=gateway, aws=aws, token=token, form=form)
            for attempt in (
                "fetch(gateway + '/users/health')",
                "call(gateway + '/files', token, 'POST', {})",
                "upload(form, 'a,b\\n')",
                "fetch(aws + '/2015-03-31/functions/')",
            )
        ]

    assert failures == [REFUSED] * 4
