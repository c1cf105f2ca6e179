"""Whether this machine can build the gateway's image."""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence

from operate.checks.account import Account
from operate.checks.finding import Check, Finding, ok, wrong
from operate.checks.plan import Plan

type Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]

_PATIENCE_S = 10
# The CDK runs what this names in the place of Docker: https://docs.aws.amazon.com/cdk/v2/guide/build-containers.html
_VARIABLE = "CDK_DOCKER"


def docker_check(run: Run | None = None) -> Check:
    """Return the check, which runs the command line of Docker."""
    ask = run or _run

    def look(plan: Plan, _: Account) -> Iterator[Finding]:
        if not any(stack.needs_docker for stack in plan.stacks):
            yield ok("nothing needs Docker")
            return
        program = os.environ.get(_VARIABLE, "docker")
        do = f"install and start Docker, or name another program with {_VARIABLE}: finch or podman"
        try:
            answer = ask([program, "version", "--format", "{{.Server.Version}}"])
        except FileNotFoundError:
            yield wrong(f"{program} is not installed, and the gateway's image is built with it", do=do)
        except subprocess.TimeoutExpired:
            yield wrong(f"{program} does not answer within {_PATIENCE_S} s", do=do)
        else:
            if answer.returncode:
                last = (answer.stderr.strip().splitlines() or ["no word of why"])[-1]
                yield wrong(f"{program} is installed, but does not run: {last}", do=do)
            else:
                # Nothing is run in the image while it is built, so that any machine can build it for arm64.
                yield ok(f"{program} {answer.stdout.strip()} runs")

    return Check(name="docker", look=look)


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S)
