import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from functions.shared.auth.access import guarded_router
from functions.shared.http.application import create_app, lambda_handler
from tests.lambda_client import LambdaClient

app = create_app("pages", title="Pages", description="Tests.", router=guarded_router("pages"))
pages = LambdaClient(lambda_handler(app), caller="")
# Runs the script of the page as a browser does, up to the first request of Swagger UI for a token.
BROWSER = """
globalThis.location = { href: "https://localhost/pages/docs" };
globalThis.SwaggerUIBundle = (options) => { globalThis.options = options; return { initOAuth: () => {} }; };
(0, eval)(require("node:fs").readFileSync(0, "utf8"));
const request = { url: "https://pool/oauth2/token", headers: { "X-Requested-With": "XMLHttpRequest", Accept: "*/*" } };
console.log(JSON.stringify(options.requestInterceptor(request)));
"""

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "functions/shared/http/swagger_ui"
PINNED = ROOT / "node_modules/swagger-ui-dist"


@pytest.mark.parametrize("name", ["swagger-ui-bundle.js", "swagger-ui.css", "oauth2-redirect.js"])
def test_what_is_shipped_is_the_pinned_package(name: str) -> None:
    assert gzip.decompress((SHIPPED / f"{name}.gz").read_bytes()) == (PINNED / name).read_bytes()


def test_the_largest_file_passes_the_load_balancer() -> None:
    # A Lambda target answers with at most 1 MB, and base64 adds a third:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    largest = max(path.stat().st_size for path in SHIPPED.iterdir())

    assert largest * 4 / 3 < 1_000_000


def test_browsers_need_not_ask_the_user_pool_beforehand_whether_they_may_ask_it_for_a_token() -> None:
    script = pages.get("/pages/docs/start.js").body.decode()

    node = shutil.which("node")
    assert node
    done = subprocess.run([node, "-e", BROWSER], input=script, capture_output=True, text=True, check=True)

    # Without further headers the request is like that of a form: https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    assert json.loads(done.stdout) == {"url": "https://pool/oauth2/token", "headers": {"Accept": "*/*"}}
    bundle = gzip.decompress((SHIPPED / "swagger-ui-bundle.js.gz").read_bytes())
    assert b'"X-Requested-With":"XMLHttpRequest"' in bundle, "Swagger UI sends it no more; the interceptor can go."
