"""The pages of dead letters: causes, one message, the dry run, and the command with its refusals."""

import io
import re
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest

from functions.console.confirmations import CONFIRMED_WITHIN_S, Confirmations, Redrive
from functions.console.domain import Live
from functions.console.letters import Move
from functions.console.platform import Letters
from functions.console.session import SESSION
from functions.shared.errors import Unavailable
from functions.shared.messaging.work_queue import Task
from tests import tokens
from tests.console.fakes import NOON, FakeVersions
from tests.console.letter_fakes import CONSUMER, LEDGER, PARKED, WORKER, FakeQueues, letter, letters_platform
from tests.lambda_client import Answer, LambdaClient

QUEUE = "/console/dead-letters/ledger/consumer"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def filled(queues: FakeQueues, versions: FakeVersions) -> None:
    """A queue with three messages and two causes."""
    other = letter(9, error="", reason="no reason", about="a task")
    queues.letters = {LEDGER: [letter(1), letter(2), other], PARKED: [letter(5)]}
    name = "platform-test-ledger-consumer"
    versions.live = {name: Live(function=name, version="11", canary="12", share=0.1)}


def shown(console: LambdaClient, path: str, *, by: str | None = None) -> str:
    path, _, query = path.partition("?")
    pairs = dict(pair.split("=") for pair in query.split("&") if pair)
    cookie = {"cookie": f"{SESSION}={by or tokens.admin()}", "accept": "text/html"}
    answer = console.get(path, query=pairs, headers=cookie)
    assert answer.status == 200, answer.body
    return answer.body.decode()


def text_of(body: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def confirmation_in(body: str) -> str:
    [found] = re.findall(r'name="confirmation" value="([^"]+)"', body)
    return str(found)


def confirm(
    console: LambdaClient, confirmation: str, *, path: str = QUEUE, by: str | None = None, site: str = "same-origin"
) -> Answer:
    cookie = {"cookie": f"{SESSION}={by or tokens.admin()}", "sec-fetch-site": site}
    body = urlencode({"confirmation": confirmation})
    return console.request("POST", f"{path}/redrive", body=body, headers={**FORM, **cookie})


def test_each_queue_has_its_depth_its_oldest_message_and_its_commonest_cause(console: LambdaClient) -> None:
    body = shown(console, "/console/dead-letters")

    assert "4 messages wait" in text_of(body)
    rows = [text_of(row).strip() for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)[1:]]
    assert rows == [
        "ledger.consumer 3 30 Nov 11:51 UTC Closed and 1 more",
        "users.relay parked events 1 30 Nov 11:55 UTC Closed",
        "console.redrive 0 – –",
    ]


def test_a_queue_that_cannot_be_read_says_so(console: LambdaClient, queues: FakeQueues) -> None:
    queues.failing = Unavailable("GetQueueAttributes: AccessDenied")

    text = text_of(shown(console, "/console/dead-letters"))

    assert "Some queues could not be read" in text
    assert text.count("No data. GetQueueAttributes: AccessDenied") == 3


def test_the_messages_of_a_queue_are_grouped_by_cause(console: LambdaClient) -> None:
    body = shown(console, QUEUE)

    assert re.findall(r"<h2 id=\"cause-\d\">(.*?)</h2>", body) == ["2 × Closed", "1 × no error recorded"]
    assert f'<a href="{QUEUE}/{letter(2).message_id}">UserCreated.v1 of users/1</a>' in body


def test_a_message_shows_its_ids_and_where_it_would_go(console: LambdaClient) -> None:
    body = shown(console, f"{QUEUE}/{letter(1).message_id}")

    for fact in (
        letter(1).event_id,
        "request-1",
        letter(1).message_id,
        "512 bytes, not shown",
        "The ledger is closed.",
    ):
        assert fact in body
    assert f'href="{QUEUE}/redrive?message={letter(1).message_id}"' in body


def test_a_dry_run_tells_what_would_move_to_where_and_moves_nothing(
    console: LambdaClient, queues: FakeQueues, sent: list[Task]
) -> None:
    text = text_of(shown(console, f"{QUEUE}/redrive"))

    assert "Dry run: nothing has moved" in text
    assert "about 3 messages From ledger-consumer-dlq To ledger-consumer Received by" in text
    assert "ledger.consumer, version 11 and 12 (10 %)" in text
    one = text_of(shown(console, f"{QUEUE}/redrive?message={letter(1).message_id}"))
    assert "Redrive 1 message " in one
    assert (queues.moved, sent) == ([], [])


def test_a_confirmed_redrive_reaches_the_worker_and_is_told(
    console: LambdaClient, sent: list[Task], log: io.StringIO
) -> None:
    for query, message_id in (("", ""), (f"?message={letter(1).message_id}", letter(1).message_id)):
        sent.clear()
        confirmation = confirmation_in(shown(console, f"{QUEUE}/redrive{query}"))

        answer = confirm(console, confirmation)

        to = f"{QUEUE}?confirmed={message_id or 'all'}"
        assert (answer.status, answer.headers["location"]) == (303, to)
        assert [task.content for task in sent] == [{"confirmation": confirmation}]
        told = log.getvalue()
        assert '"message":"redrive confirmed"' in told
        assert '"by":"administrator"' in told
        assert "was confirmed" in text_of(shown(console, to))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_page_of_another_origin_can_confirm_nothing(console: LambdaClient, sent: list[Task], site: str) -> None:
    confirmation = confirmation_in(shown(console, f"{QUEUE}/redrive"))

    assert confirm(console, confirmation, site=site).status == 401
    assert sent == []


def test_members_and_machine_clients_can_confirm_nothing(console: LambdaClient, sent: list[Task]) -> None:
    confirmation = confirmation_in(shown(console, f"{QUEUE}/redrive"))

    for other in (tokens.member(), tokens.machine("console/read", "console/write"), tokens.token(groups=[])):
        assert confirm(console, confirmation, by=other).status == 403
    assert sent == []


def signed(confirmations: Confirmations, letters: Letters | None, *, by: str = "administrator") -> str:
    assert letters is not None
    return confirmations.sign(Redrive(letters=letters, message_id="", by=by))


def test_a_confirmation_that_is_forged_or_old_or_for_another_person_or_queue_is_refused(
    console: LambdaClient, confirmations: Confirmations, clock: list[datetime], sent: list[Task]
) -> None:
    valid = signed(confirmations, CONSUMER)
    elsewhere = Letters(service="ledger", function="consumer", name="platform-prod-ledger-consumer-dlq", source="x")
    forged = Confirmations(letters_platform, key=lambda: "f" * 64, clock=lambda: clock[0])
    for confirmation, reason in (
        ("", "has not signed"),
        (f"{valid[:-2]}AA", "has not signed"),
        (signed(forged, CONSUMER), "has not signed"),
        (signed(confirmations, CONSUMER, by="another"), "for another person"),
        (signed(confirmations, letters_platform.find_letters("console", "redrive")), "for another queue"),
        (signed(confirmations, elsewhere), "of another platform"),
    ):
        answer = confirm(console, confirmation)
        assert (answer.status, answer.problem) == (400, "confirmation-refused")
        assert reason in answer.json["detail"]

    clock[0] = NOON + timedelta(seconds=CONFIRMED_WITHIN_S + 61)
    assert "too old" in confirm(console, valid).json["detail"]
    clock[0] = NOON - timedelta(hours=1)
    assert confirm(console, valid).status == 400
    assert sent == []


def test_a_form_that_the_console_has_not_written_is_refused(console: LambdaClient, sent: list[Task]) -> None:
    cookie = {"cookie": f"{SESSION}={tokens.admin()}", "sec-fetch-site": "same-origin"}
    for body in ("", "confirmation", "&".join(f"a{number}=1" for number in range(20)), "%ff=\ud7ff"):
        answer = console.request("POST", f"{QUEUE}/redrive", body=body, headers={**FORM, **cookie})
        assert answer.problem == "confirmation-refused"
    assert sent == []


def test_parked_events_and_an_empty_queue_have_no_button(console: LambdaClient) -> None:
    parked = shown(console, "/console/dead-letters/users/relay/redrive")
    assert "make redrive service=users function=relay environment=test" in parked
    empty = shown(console, "/console/dead-letters/console/redrive/redrive")
    assert "There is nothing to redrive" in empty
    assert 'name="confirmation"' not in parked + empty


def test_redrives_and_their_failures_are_listed(console: LambdaClient, queues: FakeQueues) -> None:
    move = Move(status="FAILED", started_at=NOON, moved=1, to_move=3, reason="CouldNotDetermineMessageSource")
    queues.moves[LEDGER] = [move]
    queues.letters[WORKER] = [
        letter(3, reason="ledger.consumer: StartMessageMoveTask: AccessDenied"),
        letter(4, reason="users.other: the message is not in the queue any more."),
    ]

    text = text_of(shown(console, QUEUE))

    assert "failed 1 of 3 moved: CouldNotDetermineMessageSource" in text
    assert "ledger.consumer: StartMessageMoveTask: AccessDenied" in text
    assert "users.other" not in text


def test_after_a_redrive_of_one_message_the_page_says_if_it_has_left(console: LambdaClient) -> None:
    here, gone = letter(1).message_id, letter(7).message_id

    assert "It is still in the queue" in shown(console, f"{QUEUE}?confirmed={here}")
    assert "It has left the queue" in shown(console, f"{QUEUE}?confirmed={gone}")
