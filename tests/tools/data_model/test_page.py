"""docs/data-model.md is up to date."""

from pathlib import Path

from cdk.settings.environment import environment_names, load_environment
from cdk.settings.manifests import load_manifests
from tools.data_model.page import PAGE, page

ROOT = Path(__file__).parents[3]


def test_the_page_is_up_to_date() -> None:
    text = page(load_manifests(), [load_environment(name) for name in environment_names()], ROOT)

    assert (ROOT / PAGE).read_text("utf-8") == text, f"{PAGE} is out of date; run: make data-model"
