"""A real Chromium without a window, driven through a pipe."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import eventually

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Chromium reads commands from this file descriptor, and writes answers to the next; each ends with a zero byte:
# https://chromedevtools.github.io/devtools-protocol/
COMMANDS, ANSWERS = 3, 4
# Counts what a page's policy refuses, from before its first script on.
WATCH_POLICY = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


class Page:
    """The only tab of a browser.

    Args:
        commands: The file descriptor that the browser reads.
        answers: The file descriptor that the browser writes.
    """

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = os.fdopen(commands, "wb"), os.fdopen(answers, "rb")
        self._sent = 0
        self._read = b""
        self._session: str | None = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=WATCH_POLICY)

    def open(self, url: str, *, arrives_at: str | None = None) -> None:
        """Load a page, and wait until it is there, or at the address to which it leads."""
        assert "errorText" not in self._call("Page.navigate", url=url)
        self.wait_for(
            f"location.href.startsWith({json.dumps(arrives_at or url)}) && document.readyState === 'complete'"
        )

    def wait_for(self, condition: str) -> None:
        """Wait until an expression is true, also on a page that follows the present one."""
        eventually(lambda: self._evaluate(condition).get("result", {}).get("value") is True)

    def run(self, expression: str, **named: Any) -> Any:
        """Evaluate an expression, with these constants, in the page; wait for its promise and return its value."""
        constants = "".join(f"const {name} = {json.dumps(value)};" for name, value in named.items())
        answer = self._evaluate(f"(async () => {{ {constants} return await ({expression}); }})()")
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    @property
    def violations(self) -> list[str]:
        """What the policy of the present page has refused."""
        found: list[str] = self.run("window.violations")
        return found

    def resize(self, width: int, height: int, *, scale: float = 1, touch: bool = False) -> None:
        """Give the page the size of a window or a phone, in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": touch}
        self._call("Emulation.setDeviceMetricsOverride", **size)

    def prefer(self, scheme: str) -> None:
        """Make the reader prefer a colour scheme: light or dark."""
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def go_offline(self, *, offline: bool) -> None:
        """Cut the browser off its network, or connect it again."""
        conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self._call("Network.enable")
        self._call("Network.emulateNetworkConditions", **conditions)

    def press(self, key: str) -> None:
        """Press and release a key, by its name in the DOM."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def picture(self) -> bytes:
        """Return the visible part of the page as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """End the browser."""
        self._session = None
        self._call("Browser.close")
        self._commands.close()
        self._answers.close()

    def _evaluate(self, expression: str) -> Any:
        try:
            return self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        except LookupError:
            return {}  # the page gave way to the next one meanwhile

    def _call(self, method: str, **parameters: Any) -> Any:
        self._sent += 1
        session = {"sessionId": self._session} if self._session else {}
        command = {"id": self._sent, "method": method, "params": parameters, **session}
        self._commands.write(json.dumps(command).encode() + b"\0")
        self._commands.flush()
        while True:
            message = self._next()
            if message.get("id") == self._sent:
                break
        if "error" in message:
            raise LookupError(f"{method}: {message['error']['message']}")
        return message["result"]

    def _next(self) -> Any:
        while b"\0" not in self._read:
            more = os.read(self._answers.fileno(), 65_536)
            assert more, "the browser has ended"
            self._read += more
        message, _, self._read = self._read.partition(b"\0")
        return json.loads(message)


@contextmanager
def browsing(profile: Path) -> Iterator[Page]:
    """Start a browser with a new profile that takes every certificate, and end it after the block."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        assert "CI" not in os.environ, f"expected one of: {', '.join(NAMES)}"
        pytest.skip(f"NOT TESTED: no browser. Install one of: {', '.join(NAMES)}")
    for_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    options = [
        "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--ignore-certificate-errors",
        "--no-first-run", "--no-proxy-server", "--disable-gpu", "--disable-dev-shm-usage",
        # Its sandbox cannot start as root, as in a container.
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]  # fmt: skip
    # A shell gives the pipe the numbers that the browser expects: other descriptors may have them in this process.
    connected = f'exec "$@" {COMMANDS}<&{for_browser} {ANSWERS}>&{from_browser}'
    with subprocess.Popen(
        ["/bin/bash", "-c", connected, "bash", found, *options],
        pass_fds=(for_browser, from_browser),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(for_browser)
        os.close(from_browser)
        page = Page(commands, answers)
        try:
            yield page
        finally:
            page.close()
            process.wait(timeout=60)
