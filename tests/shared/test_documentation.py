import gzip
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "functions/shared/swagger_ui"
PINNED = ROOT / "node_modules/swagger-ui-dist"


@pytest.mark.parametrize("name", ["swagger-ui-bundle.js", "swagger-ui.css", "oauth2-redirect.js"])
def test_what_is_shipped_is_the_pinned_package(name: str) -> None:
    assert gzip.decompress((SHIPPED / f"{name}.gz").read_bytes()) == (PINNED / name).read_bytes()


def test_the_largest_file_passes_the_load_balancer() -> None:
    # A Lambda target answers with at most 1 MB, and base64 adds a third:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    largest = max(path.stat().st_size for path in SHIPPED.iterdir())

    assert largest * 4 / 3 < 1_000_000
