"""The real command line of the CDK, as the commands of this folder call it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from operate.errors import OperateError
from operate.target import CHECKOUT

CDK = (CHECKOUT / "node_modules" / ".bin" / "cdk", "--no-notices")
# Stacks wait for those that they depend on; the CDK deploys the others at the same time.
CONCURRENCY = 4
_DIFFERENCES = re.compile(r"Number of stacks with differences: (\d+)")


class CdkCli:
    """Runs the CDK in this checkout; its output goes to the terminal.

    Args:
        program: Another program to run instead, in tests.
    """

    def __init__(self, program: Sequence[str | Path] = CDK) -> None:
        self._program = [str(part) for part in program]

    def synth(self, assembly: Path, context: Mapping[str, str]) -> bool:
        """Write the cloud assembly of an environment; return False if the CDK failed, which it has explained."""
        given = [word for name, value in context.items() for word in ("--context", f"{name}={value}")]
        return self._run("synth", "--quiet", "--output", str(assembly), *given) == 0

    def broadens_rights(self, assembly: Path) -> bool:
        """Show the changes of rights, and return True if a stack broadens them.

        Raises:
            OperateError: The CDK could not compare the stacks.
        """
        options = ("--app", str(assembly), "--security-only", "--fail", "--method", "template")
        done = subprocess.run(
            [*self._program, "diff", *options], cwd=CHECKOUT, capture_output=True, text=True, check=False
        )
        output = f"{done.stdout}{done.stderr}"
        found = _DIFFERENCES.search(output)
        if done.returncode == 0:
            return False
        sys.stderr.write(output)
        if not found or found[1] == "0":
            raise OperateError("The CDK could not compare the stacks with those that are deployed.")
        return True

    def deploy(self, assembly: Path) -> bool:
        """Deploy every stack of an assembly; return False if one of them failed."""
        # The command itself has asked: the CDK cannot ask for several stacks at the same time.
        approval = ("--require-approval", "never", "--concurrency", str(CONCURRENCY))
        return self._run("deploy", "--all", "--app", str(assembly), *approval) == 0

    def _run(self, *arguments: str) -> int:
        sys.stdout.flush()
        return subprocess.run([*self._program, *arguments], cwd=CHECKOUT, env=dict(os.environ), check=False).returncode


def template_digests(assembly: Path) -> dict[str, str]:
    """Return the SHA-256 of the template of each stack of an assembly, by the name of the stack.

    Raises:
        OperateError: The folder holds no cloud assembly.
    """
    try:
        artifacts = json.loads((assembly / "manifest.json").read_text("utf-8"))["artifacts"]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise OperateError(f"{assembly} is no cloud assembly: it has no manifest.json.") from error
    stacks = {name: each for name, each in artifacts.items() if each["type"] == "aws:cloudformation:stack"}
    return {
        each["properties"].get("stackName", name): sha256(
            (assembly / each["properties"]["templateFile"]).read_bytes()
        ).hexdigest()
        for name, each in sorted(stacks.items())
    }
