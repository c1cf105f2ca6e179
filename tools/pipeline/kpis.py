"""The KPIs of delivery on the page of a run: `python -m tools.pipeline.kpis prod`.

It never fails a job: the deployment has its own outcome, and the first one has no KPIs yet.
"""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout

from operate import cli
from tools.pipeline.github import add_summary, as_block, without_commands


def main(environment: str) -> int:
    """Add what `make kpis` prints, each number with its count and definition."""
    printed, problems = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(problems):
        status = cli.main(["kpis", "--environment", environment])
    text = printed.getvalue() if status == 0 else f"The KPIs cannot be read.\n{problems.getvalue()}"
    with without_commands():
        sys.stdout.write(text)
    add_summary(f"### {environment}: KPIs of delivery\n\n{as_block(text)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
