"""The command `smoke`: ask a deployed environment the few questions that show whether it serves."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

import urllib3
from urllib3.exceptions import HTTPError

from cdk.settings.synthetic import read_synthetic
from operate.command import Command
from operate.target import Target

_TIMEOUT = urllib3.Timeout(connect=5, read=15)
# A gateway that was just replaced, or a function that starts, may need a moment.
_ATTEMPTS = 5
_PERIOD_S = 3.0


@dataclass(frozen=True, slots=True)
class Question:
    """A request without a token, and the status of its right answer."""

    path: str
    status: int


def questions(target: Target) -> Iterator[Question]:
    """Ask the gateway for its document, and each service for its health and, without a token, for a list."""
    yield Question("/openapi.json", HTTPStatus.OK)
    for manifest in target.manifests.values():
        if manifest.http:
            yield Question(f"{manifest.http.path}/health", HTTPStatus.OK)
            read = next(each for each in read_synthetic(manifest).requests if each.method == "GET")
            yield Question(read.path, HTTPStatus.UNAUTHORIZED)


def ask(
    get: Callable[[str], int], asked: Iterable[Question], *, sleep: Callable[[float], None] = time.sleep
) -> list[str]:
    """Ask every question, and those with a wrong answer again, a few times; return the last wrong answers.

    Args:
        get: Requests a path and returns the status; it raises `HTTPError` if there is no answer.
        asked: The questions.
        sleep: Waits, in seconds.
    """
    wrong = dict.fromkeys(asked, "")
    for attempt in range(_ATTEMPTS):
        if attempt:
            sleep(_PERIOD_S)
        wrong = {question: problem for question in wrong if (problem := _problem(get, question))}
        if not wrong:
            break
    return list(wrong.values())


def _problem(get: Callable[[str], int], question: Question) -> str:
    try:
        status = get(question.path)
    except HTTPError as error:
        return f"GET {question.path}: no answer: {error}"
    return "" if status == question.status else f"GET {question.path}: expected {int(question.status)}, found {status}"


def _run(_: argparse.Namespace, target: Target) -> bool:
    url = target.described["gateway_url"] if target.is_local else target.environment.url
    ca_file = target.described["ca_file"] if target.is_local else None
    pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT, ca_certs=ca_file)
    asked = list(questions(target))
    problems = ask(lambda path: pool.request("GET", f"{url}{path}", redirect=False).status, asked)
    sys.stdout.writelines(f"✘ {problem}\n" for problem in problems)
    sign, right = "✘" if problems else "✔", len(asked) - len(problems)
    sys.stdout.write(f"{sign} {right} of {len(asked)} answers of {url} are right\n")
    return not problems


COMMAND = Command(
    name="smoke",
    help="ask each service for its health and whether it refuses strangers; exit status 1 after a wrong answer",
    add_arguments=lambda _: None,
    run=_run,
)
