"""The section of the runbook on an alarm."""

import pytest

from cdk.bundles.bundle import RUNBOOK, own_sources
from cdk.settings.manifests import PROJECT, read_manifest
from functions.console.runbook import FILE, section_of


@pytest.mark.parametrize(
    ("alarm", "title"),
    [
        ("platform-prod-users-failures", "failures"),
        ("platform-prod-activity-consumer-dead-letters", "dead-letters"),
        ("platform-prod-users-budget-fast", "budget-fast"),
        ("platform-prod-users-budget-slow-long", "budget-slow"),
        ("platform-prod-users-table-throttles", "throttles"),
    ],
)
def test_an_alarm_has_the_section_that_its_name_ends_with(alarm: str, title: str) -> None:
    section = section_of(alarm, environment="prod")

    assert section
    assert section.title == title
    assert section.paragraphs


def test_the_bundle_contains_the_runbook_at_the_path_from_which_it_is_read() -> None:
    manifest = read_manifest(PROJECT / "functions/console/service.toml")

    assert PROJECT / RUNBOOK in own_sources(manifest)
    assert FILE == PROJECT / RUNBOOK


def test_an_alarm_without_a_section_has_none() -> None:
    assert section_of("platform-prod-users-api-release-something-12", environment="prod") is None


def test_a_section_is_for_the_environment_and_its_text_is_escaped() -> None:
    section = section_of("platform-dev-users-errors", environment="dev")

    assert section
    text = "".join(section.paragraphs)
    assert "<code>/aws/lambda/platform-dev-&lt;service&gt;-&lt;function&gt;</code>" in text
    assert "environment=dev" in text
    assert "](" not in "".join(section_of("platform-dev-users-lag", environment="dev").paragraphs)  # type: ignore[union-attr] # it has one
