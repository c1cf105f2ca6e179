"""The deployment of an artefact by a workflow: `python -m tools.pipeline.deploy release dev`.

It verifies the archive by the digest of the build (`DIGEST`) and by its attestation, then runs `make deploy`'s command.
"""

import io
import os
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import override

from operate import cli
from tools.pipeline.assembly import ArtefactError, unpack
from tools.pipeline.github import GitHubError, add_summary, approvers, as_block, gh, without_commands

# The attestation must be of this workflow: another one of the repository may attest whatever a branch has built.
_SIGNER = ".github/workflows/deploy.yml"


def main(folder: str, environment: str) -> int:
    """Verify, unpack and deploy; the exit status is that of `python -m operate deploy`."""
    repository = os.environ["GITHUB_REPOSITORY"]
    try:
        assembly = unpack(Path(folder), environment, os.environ.get("DIGEST", ""))
        signer = ("--signer-workflow", f"{repository}/{_SIGNER}")
        gh("attestation", "verify", f"{folder}/{environment}.tar", "--repo", repository, *signer)
        people = approvers(environment)
    except (ArtefactError, GitHubError) as error:
        sys.stderr.write(f"✘ {error} Nothing was deployed.\n")
        return 1
    # Changes of rights were shown on the pull request; a person has approved the workflow.
    words = ["deploy", "--environment", environment, "--assembly", str(assembly), "--yes"]
    with without_commands(), redirect_stderr(_Copy()) as copied:
        status = cli.main([*words, "--approved-by", people] if people else words)
    outcome = "✘ the deployment failed" if status else "✔ deployed"
    approved = f", approved by {people}" if people else ""
    add_summary(f"### {environment}: {outcome}{approved}\n\n{as_block(copied.getvalue())}")
    return status


class _Copy(io.StringIO):
    """Keeps what the command says, and shows it at once; the CDK writes past it."""

    @override
    def write(self, text: str) -> int:
        sys.__stderr__.write(text)  # type: ignore[union-attr] # a process has one
        return super().write(text)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
