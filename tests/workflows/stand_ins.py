"""Stand-ins for the cloud that the steps of workflows reach: AWS, GitHub, the CDK's calls, the deployed platform."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

CHECKOUT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(".git", ".local", ".venv", "node_modules", "__pycache__", ".*_cache", ".hypothesis")

# It writes an assembly with one stack and one image, and each of its calls into a file. It builds no image.
CDK = """#!{python}
import json, os, pathlib, subprocess, sys
words = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(["cdk", *words]) + "\\n")
if "synth" in words:
    name = next(word for word in words if word.startswith("environment=")).split("=")[1]
    folder = pathlib.Path(words[words.index("--output") + 1])
    folder.mkdir(parents=True, exist_ok=True)
    stack = f"platform-{{name}}-users"
    (folder / f"{{stack}}.template.json").write_text("{{}}")
    properties = {{"templateFile": f"{{stack}}.template.json"}}
    made = {{"artifacts": {{stack: {{"type": "aws:cloudformation:stack", "properties": properties}}}}}}
    (folder / "manifest.json").write_text(json.dumps(made))
    (folder / "asset.gateway").mkdir(exist_ok=True)
    image = {{"source": {{"directory": "asset.gateway", "platform": "linux/arm64"}}, "destinations": {{}}}}
    (folder / f"{{stack}}.assets.json").write_text(json.dumps({{"dockerImages": {{"gateway": image}}}}))
if "deploy" in words:
    folder = pathlib.Path(words[words.index("--app") + 1])
    for file in folder.glob("*.assets.json"):
        for image in json.loads(file.read_text())["dockerImages"].values():
            subprocess.run(image["source"]["executable"], cwd=folder, check=True)
sys.exit(int(os.environ.get("CDK_STATUS_" + next(w for w in words if not w.startswith("-")).upper(), "0")))
"""
GH = """#!{python}
import json, os, sys
words = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(["gh", *words]) + "\\n")
if words[0] == "api" and words[1].endswith("/approvals"):
    reviews = (("grace", ["dev", "prod"]), ("mallory", ["staging"]))
    print(json.dumps([
        {{"state": "approved", "user": {{"login": login}}, "environments": [{{"name": name}} for name in names]}}
        for login, names in reviews
    ]))
elif words[0] == "api" and "--method" not in words:
    print(os.environ.get("GH_COMMENTS", "[]"))
sys.exit(int(os.environ.get("GH_STATUS", "0")))
"""
# It saves an image with the folder's name, and loads only a compressed one.
DOCKER = """#!{python}
import gzip, json, os, pathlib, sys
words = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(["docker", *words]) + "\\n")
if words[0] == "save":
    pathlib.Path(words[words.index("--output") + 1]).write_text(words[-1])
if words[0] == "load":
    print(gzip.open(words[words.index("--input") + 1], "rt").read(), file=sys.stderr)
sys.exit(int(os.environ.get("DOCKER_STATUS", "0")))
"""
# It would install packages of the runner's system.
SUDO = """#!{python}
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(["sudo", *sys.argv[1:]]) + "\\n")
"""
# The deployed platform, for `make smoke`, `make e2e` and KPIs: Python loads this module before any other.
PLATFORM = """
import json, os, urllib3, urllib3.response
from urllib.parse import urlsplit
kept = {}
types = ("UserDeactivated.v1", "UserUpdated.v1", "UserCreated.v1")
kpi = {"name": "deployment_success_rate", "title": "Deployment success rate", "sets": ["platform"], "unit": "share"}
kpi |= {"value": 0.9, "count": 10, "definition": "Share of the releases that succeeded.", "rows": []}
window = {"environment": "dev", "service": None, "days": 30}
window |= {"since": "2026-11-01T00:00:00Z", "until": "2026-11-30T12:00:00Z"}
form = {"url": "https://bucket.example.com/bucket", "fields": {}}
answers = {
    ("POST", "/oauth2/token"): (200, {"access_token": "token-of-the-client"}, {}),
    ("POST", "/users"): (201, {}, {"Location": "/users/1", "ETag": '"1"'}),
    ("GET", "/users/1"): (200, {"name": "Changed"}, {}),
    ("GET", "/users/me"): (403, {}, {}),
    ("GET", "/activity"): (200, {"items": [{"type": each} for each in types]}, {}),
    ("POST", "/files"): (201, {"name": "f.csv", "upload": form}, {"Location": "/files/f"}),
    ("POST", "/bucket"): (204, None, {}),
    ("GET", "/files/f"): (200, {"state": "available", "download": {"url": "https://bucket.example.com/bucket"}}, {}),
    ("GET", "/operations/kpis"): (200, {**window, "baking": ["d-1"], "kpis": [kpi]}, {}),
}
def answer(method, path, headers, more):
    if method == "GET" and ("Authorization" not in headers or path.endswith(("/health", "/openapi.json"))):
        if path == "/bucket":
            return 200, kept["file"], {}
        right = 200 if path.endswith(("/health", "/openapi.json")) else 401
        return int(os.environ.get("PLATFORM_ANSWERS", right)), None, {}
    if method == "PATCH":
        return (200 if headers["If-Match"] == "*" else 412), {}, {}
    if method == "DELETE":
        kept[path] = 1
        return 204, None, {}
    if "file" in more.get("fields", {}):
        kept["file"] = more["fields"]["file"][1]
    if method == "GET" and (path in os.environ.get("PLATFORM_LACKS", "").split() or path in kept):
        return 404, {}, {}
    return answers[method, path]
def request(self, method, url, **more):
    status, content, headers = answer(method, urlsplit(url).path, more.get("headers") or {}, more)
    body = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
    return urllib3.response.HTTPResponse(body, {"Content-Type": "application/json", **headers}, status)
urllib3.PoolManager.request = request
"""
_XML = '<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>{1}</{0}Result></{0}Response>'
_SESSION = (
    "<Credentials><AccessKeyId>ASIASESSION</AccessKeyId><SecretAccessKey>very-secret</SecretAccessKey>"
    "<SessionToken>token-of-the-session</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>"
)
_CALLER = "<Account>111111111111</Account><Arn>arn:aws:sts::111111111111:assumed-role/deployer/ada</Arn>"
_OUTPUTS = {"UserPoolId": "eu-west-1_pool", "OperatorClientId": "o", "SignInUrl": "https://sign-in.example.com"}
_CLIENT = {"ClientId": "c", "ClientName": "pipeline", "ClientSecret": "s"}
_REGISTRY = {"authorizationToken": "QVdTOnB3", "proxyEndpoint": "https://registry.example.com"}
_NO_STACK = "<ErrorResponse><Error><Code>ValidationError</Code><Message>no stack</Message></Error></ErrorResponse>"


@dataclass
class Cloud:
    """AWS and GitHub's tokens over HTTP.

    Attributes:
        requests: The name of each call with its content.
        url: The address.
    """

    url: str = ""
    requests: list[tuple[str, Any]] = field(default_factory=list)

    def of(self, name: str) -> list[Any]:
        """Return the contents of the calls with a name."""
        return [content for called, content in self.requests if called == name]

    def answer(self, method: str, path: str, target: str, body: bytes) -> tuple[int, str]:
        """Answer a call as AWS does."""
        if target:
            name = target.rpartition(".")[2]
            self.requests.append((name, json.loads(body)))
            answers: dict[str, dict[str, Any]] = {
                "PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
                "ListDeployments": {"deployments": []},
                "DescribeImages": {"__type": "ImageNotFoundException", "message": "no image"},
                "DescribeRepositories": {"repositories": [{"repositoryUri": "registry.example.com/images"}]},
                "GetAuthorizationToken": {"authorizationData": [_REGISTRY]},
                "ListUserPoolClients": {"UserPoolClients": [{"ClientId": "c"}]},
                "DescribeUserPoolClient": {"UserPoolClient": _CLIENT},
            }
            return 400 if "__type" in answers[name] else 200, json.dumps(answers[name])
        if "/functions/" in path:
            return self._lambda(method, path, body)
        if path.startswith("/oidc"):
            self.requests.append(("oidc", parse_qs(urlsplit(path).query)))
            return 200, json.dumps({"value": "token-of-the-job"})
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.requests.append((form["Action"], form))
        results = {"AssumeRoleWithWebIdentity": _SESSION, "GetCallerIdentity": _CALLER}
        if form["Action"] in results:
            return 200, _XML.format(form["Action"], results[form["Action"]])
        if form.get("StackName", "").endswith("-identity"):
            outputs = "".join(
                f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
                for key, value in _OUTPUTS.items()
            )
            stack = (
                f"<StackName>identity</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>{outputs}</Outputs>"
            )
            return 200, _XML.format("DescribeStacks", f"<Stacks><member>{stack}</member></Stacks>")
        return 400, _NO_STACK

    def _lambda(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        function = re.split(r"/functions/|/", path.split("/functions/")[1])[0]
        if method == "PUT":
            self.requests.append(("UpdateAlias", {"function": function, **json.loads(body)}))
        if "/versions" in path:
            return 200, json.dumps({"Versions": [{"Version": number} for number in ("$LATEST", "1", "2")]})
        return 200, json.dumps({"FunctionVersion": "2", "RevisionId": "r", "State": "Active"})


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Serve a cloud on a free port."""
    made = Cloud()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = made.answer(self.command, self.path, self.headers.get("X-Amz-Target", ""), body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = _do  # noqa: N815 - as http.server calls them

        @override
        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def copy_checkout(folder: Path) -> Path:
    """Copy the sources into a repository of its own, with the installed packages and the stand-ins."""
    copy = folder / "checkout"
    shutil.copytree(CHECKOUT, copy, ignore=NOT_COPIED)
    (copy / ".venv").symlink_to(CHECKOUT / ".venv")
    modules = copy / "node_modules"
    (modules / ".bin").mkdir(parents=True)
    for entry in (CHECKOUT / "node_modules").iterdir():
        if entry.name != ".bin":
            (modules / entry.name).symlink_to(entry)
    (copy / ".local").mkdir()
    for name in ("cache", "bundles"):
        if (CHECKOUT / ".local" / name).exists():
            (copy / ".local" / name).symlink_to(CHECKOUT / ".local" / name)
    tools = folder / "bin"
    tools.mkdir()
    programs = {modules / ".bin" / "cdk": CDK, tools / "gh": GH, tools / "docker": DOCKER, tools / "sudo": SUDO}
    for file, text in programs.items():
        file.write_text(text.format(python=sys.executable))
        file.chmod(0o755)
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(PLATFORM)
    # The packages are installed already, and a test downloads nothing.
    (copy / "local" / "install.sh").write_text("#!/bin/sh\n")
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    # `.gitignore` names a folder, and here it is a link.
    unlinked = ("rm", "--quiet", "--cached", ".venv")
    for words in (
        ("init", "--quiet"),
        ("add", "--all"),
        unlinked,
        (*identity, "commit", "--quiet", "--message", "A copy."),
    ):
        subprocess.run(["git", *words], cwd=copy, check=True)  # noqa: S607 - every checkout has Git
    return copy
