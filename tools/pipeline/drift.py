"""The nightly look at an environment: `python -m tools.pipeline.drift dev`.

Two questions: do the templates of this commit differ from those that are deployed, and do the resources differ from the
deployed templates? The CDK answers both by the role that can only read.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from operate.releases.cdk_cli import CDK
from tools.pipeline.github import add_summary, as_block, without_commands

ROOT = Path(__file__).parents[2]
_QUESTIONS = {
    "Changes that are not deployed": ("diff", "--fail", "--method", "template"),
    "Resources that were changed by hand": ("drift", "--fail"),
}


def look(environment: str, program: Sequence[str | Path] = CDK) -> dict[str, tuple[bool, str]]:
    """Ask both questions; return whether each answer is no, and the words of the CDK."""
    assembly = ROOT / ".local" / "drift" / environment
    given = ("--context", f"environment={environment}", "--output", str(assembly))
    synthesis = _run(program, "synth", "--quiet", *given)
    if not synthesis[0]:
        return {"The synthesis failed": synthesis}
    return {
        question: _run(program, *words, "--app", str(assembly), "--no-color") for question, words in _QUESTIONS.items()
    }


def _run(program: Sequence[str | Path], *words: str) -> tuple[bool, str]:
    done = subprocess.run([*program, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode == 0, f"{done.stdout}{done.stderr}".strip()


def main(environment: str) -> int:
    """Print the answers and add them to the page of the run; return 1 if an answer is yes or failed."""
    answers = look(environment)
    for question, (is_fine, text) in answers.items():
        sys.stdout.write(f"{'✔' if is_fine else '✘'} {environment}: {question}\n")
        if not is_fine:
            with without_commands():
                sys.stdout.write(f"{text}\n")
            add_summary(f"### ✘ {environment}: {question}\n\n{as_block(text)}")
    return 0 if all(is_fine for is_fine, _ in answers.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
