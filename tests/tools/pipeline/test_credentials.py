"""The session of a workflow's role."""

import re

import pytest

from tools.pipeline.credentials import session_name


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        ("ada", "ada-42"),
        ("dependabot[bot]", "dependabot-bot--42"),
        ("octo-org/Ada Lovelace", "octo-org-Ada-Lovelace-42"),
        ("é", "--42"),
        ("a" * 80, f"{'a' * 61}-42"),
    ],
)
def test_the_session_is_named_after_any_actor_and_the_run(actor: str, name: str) -> None:
    found = session_name({"GITHUB_ACTOR": actor, "GITHUB_RUN_ID": "42"})

    assert found == name
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", found, re.ASCII)
