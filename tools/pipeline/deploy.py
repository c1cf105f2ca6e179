"""The deployment of an artefact by a workflow: `python -m tools.pipeline.deploy release dev`.

It verifies the archive by the digest of the build (`DIGEST`) and by its attestation, then runs `make deploy`'s command.
"""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import override

from operate import cli
from tools.pipeline.assembly import ArtefactError, unpack
from tools.pipeline.github import add_summary


def main(folder: str, environment: str) -> int:
    """Verify, unpack and deploy; the exit status is that of `python -m operate deploy`."""
    repository = os.environ["GITHUB_REPOSITORY"]
    try:
        assembly = unpack(Path(folder), environment, os.environ.get("DIGEST", ""))
        _gh("attestation", "verify", f"{folder}/{environment}.tar", "--repo", repository)
        people = approvers(repository, os.environ["GITHUB_RUN_ID"])
    except ArtefactError as error:
        sys.stderr.write(f"✘ {error} Nothing was deployed.\n")
        return 1
    # Changes of rights were shown on the pull request; a person has approved the workflow.
    words = ["deploy", "--environment", environment, "--assembly", str(assembly), "--yes"]
    with redirect_stderr(_Copy()) as copied:
        status = cli.main([*words, "--approved-by", people] if people else words)
    outcome = "✘ the deployment failed" if status else "✔ deployed"
    approved = f", approved by {people}" if people else ""
    add_summary(f"### {environment}: {outcome}{approved}\n\n```\n{copied.getvalue().strip()}\n```")
    return status


class _Copy(io.StringIO):
    """Keeps what the command says, and shows it at once; the CDK writes past it."""

    @override
    def write(self, text: str) -> int:
        sys.__stderr__.write(text)  # type: ignore[union-attr] # a process has one
        return super().write(text)


def approvers(repository: str, run_id: str) -> str:
    """Return the people who approved a run, separated by commas; empty if its environments ask no person."""
    reviews = json.loads(_gh("api", f"repos/{repository}/actions/runs/{run_id}/approvals"))
    return ",".join(dict.fromkeys(review["user"]["login"] for review in reviews if review["state"] == "approved"))


def _gh(*arguments: str) -> str:
    done = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=False)  # noqa: S607 - on the runner
    if done.returncode != 0:
        raise ArtefactError(f"`gh {' '.join(arguments[:2])}` failed: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
