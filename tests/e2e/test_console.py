"""The console in a real browser, through Traefik: sign-in, each page, redrives, refusals, polling, keyboard, phone."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.browser import Page, browsing
from tests.e2e.platform_under_test import ROOT, PlatformUnderTest
from tests.waiting import eventually

AXE = ROOT / "node_modules/axe-core/axe.min.js"
IMAGES = ROOT / "docs/images"
LARGEST_IMAGE_BYTES = 150_000
# Of a small laptop, without the bars of the browser.
WINDOW = (1280, 640)
# The whole first page on the wire: document, stylesheet, scripts, icon.
FIRST_PAGE_BYTES = 60_000
ALARM = "platform-local-users-failures"
# A dead letter makes this one fire.
FIRING, DEAD_LETTERS = "platform-local-activity-consumer-dead-letters", "platform-local-activity-consumer-dlq"
REDRIVEN = "/console/dead-letters/activity/consumer"
BROWSER = {"Accept": "text/html"}
FILL = """(person => {
  document.querySelector('[name=username]').value = person.email;
  document.querySelector('[name=password]').value = person.password;
  setTimeout(() => document.querySelector('[name=password]').form.submit());
})"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browsing(tmp_path / "profile") as opened:
        opened.resize(*WINDOW)
        yield opened


@pytest.fixture
def url(platform: PlatformUnderTest) -> str:
    return str(platform.described["gateway_url"])


def sign_in(platform: PlatformUnderTest, page: Page, address: str, *, person: str) -> None:
    """Open an address of the console, sign in on the pool's page, and wait until the browser is back there."""
    pool = platform.described["aws_endpoint_url"]
    described = json.loads(Path(platform.described["identities_file"]).read_text())[person]
    page.open(address, arrives_at=pool)
    page.wait_for("document.querySelector('[name=password]') !== null")
    page.run(f"({FILL})(person)", person=described)
    page.wait_for(f"location.href === {json.dumps(address)} && document.readyState === 'complete'")


@pytest.fixture
def firing(platform: PlatformUnderTest) -> Iterator[None]:
    """A dead letter, until its alarm fires; none afterwards."""
    sqs, cloudwatch = platform.aws("sqs"), platform.aws("cloudwatch")
    queue = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    eventually(lambda: cloudwatch.describe_alarms(AlarmNames=[FIRING])["MetricAlarms"][0]["StateValue"] == "ALARM")
    yield
    sqs.purge_queue(QueueUrl=queue)


def newest_deployment(platform: PlatformUnderTest) -> str:
    """Return the id of the last deployment that has events: `make up` itself left one."""

    def newest() -> str:
        items = platform.gateway.get("/operations/deployments", params={"limit": 5}).json()["items"]
        return next((str(each["id"]) for each in items if each["parts"]), "")

    return eventually(newest)


def open_incident(platform: PlatformUnderTest) -> str:
    """Return the id of an open incident: the alarm that fires has opened one, or has joined one."""

    def newest() -> str:
        items = platform.gateway.get("/operations/incidents", params={"limit": 20}).raise_for_status().json()["items"]
        return next((str(each["id"]) for each in items if each["alarms_firing"]), "")

    return eventually(newest)


def check(page: Page) -> None:
    """Fail if the policy of the page refused something, or if axe has a serious finding."""
    assert page.violations == []
    page.run(f"(() => {{ {AXE.read_text()} }})()")
    found = page.run("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (each["id"], [node["html"] for node in each["nodes"]][:3])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
    assert serious == []


def take_picture(page: Page, name: str) -> None:
    """Take a picture for the docs; it replaces the one that is there only if WRITE_IMAGES is set."""
    taken = page.picture()
    assert len(taken) < LARGEST_IMAGE_BYTES, name
    image = IMAGES / f"{name}.png"
    assert image.exists() or "WRITE_IMAGES" in os.environ
    if "WRITE_IMAGES" in os.environ:
        image.write_bytes(taken)


@pytest.mark.usefixtures("firing")
def test_an_administrator_signs_in_sees_each_page_and_signs_out(
    platform: PlatformUnderTest, page: Page, url: str
) -> None:
    deployment = newest_deployment(platform)
    incident = open_incident(platform)
    for _ in range(30):
        platform.gateway.get("/users?limit=1").raise_for_status()
    sign_in(platform, page, f"{url}/console/alarms?state=OK", person="admin")

    for path, wanted, picture in (
        ("", r"\d+ alarms? fires?", "console-now"),
        ("/alarms", ALARM.removeprefix("platform-local-"), None),
        (f"/alarms/{ALARM}", "Value against threshold", None),
        (f"/alarms/{ALARM.replace('failures', 'budget-fast')}", "It fires while this holds", None),
        (f"/alarms/{FIRING}", "firing since", "console-alarm"),
        ("/incidents", r"\d+ of \d+ firing", None),
        (f"/incidents/{incident}", "Likely cause", "console-incident"),
        ("/dead-letters", "activity.consumer", None),
        ("/dead-letters/activity/consumer/redrive", "Dry run: nothing has moved", None),
        ("/deployments", "without a request", None),
        (f"/deployments/{deployment}", "UPDATE_COMPLETE|CREATE_COMPLETE", None),
        ("/kpis?days=7", "Deployment frequency", None),
        ("/kpis/change_lead_time?days=90", "deployment", None),
        ("/nothing", "There is nothing here", None),
    ):
        page.open(f"{url}/console{path}")
        assert page.run("new RegExp(wanted).test(document.body.textContent)", wanted=wanted), path
        for scheme in ("dark", "light"):
            page.prefer(scheme)
            check(page)
        if picture:
            take_picture(page, picture)
    page.open(f"{url}/console/incidents")
    assert page.run("document.querySelectorAll(`a[href$='/incidents/${incident}']`).length", incident=incident) == 1
    page.open(f"{url}/console")
    # One screen, without scrolling.
    assert page.run("document.documentElement.scrollHeight") <= WINDOW[1], page.run("document.body.innerText")

    page.run("setTimeout(() => document.querySelector('form button').click())")
    page.wait_for("document.body.textContent.includes('Your session of the console has ended')")
    assert page.run("document.cookie") == ""
    pool = platform.described["aws_endpoint_url"]
    page.open(f"{url}/console", arrives_at=pool)


@pytest.mark.parametrize(("person", "reason"), [("member", "the group admin"), ("visitor", "neither of the groups")])
def test_other_people_are_told_that_nothing_here_is_theirs(
    platform: PlatformUnderTest, page: Page, url: str, person: str, reason: str
) -> None:
    sign_in(platform, page, f"{url}/console", person=person)

    assert page.run("document.querySelector('main').textContent.includes(reason)", reason=reason)
    assert page.run("document.querySelectorAll('table').length") == 0
    check(page)


def test_a_machine_client_sees_nothing(platform: PlatformUnderTest) -> None:
    for caller in ("machine", "reader"):
        for path in ("/console", "/console/alarms", "/console/services"):
            answer = platform.client(caller).get(path)
            assert answer.status_code == 403
            assert "users" not in answer.text


def test_an_open_page_polls_says_its_age_and_says_when_it_is_offline(
    platform: PlatformUnderTest, page: Page, url: str
) -> None:
    sign_in(platform, page, f"{url}/console", person="admin")
    page.run("document.querySelector('main a').focus()")
    # The page is out of date at once, so the next poll brings a new main part, and the focus stays.
    page.run("document.querySelector('main').dataset.version = '1'")
    page.run("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for("document.querySelector('main').dataset.version !== '1'")
    assert page.run("document.activeElement === document.querySelector('main a')")
    assert page.run("/^checked (just now|\\d+ s ago)$/.test(document.querySelector('#age').textContent)")

    page.go_offline(offline=True)
    page.run("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for("document.querySelector('#age').textContent.startsWith('offline, checked')")
    page.go_offline(offline=False)
    page.run("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for("document.querySelector('#age').textContent.startsWith('checked')")
    assert page.violations == []


def test_a_poll_gets_304_and_the_first_page_is_small(platform: PlatformUnderTest, page: Page, url: str) -> None:
    sign_in(platform, page, f"{url}/console", person="admin")
    # A list of deployments changes less often than the traffic of services.
    page.open(f"{url}/console/deployments")
    ask = """fetch(location.href, {headers: {Accept: 'text/html', 'If-None-Match': tag}, cache: 'no-store'})
      .then(answer => answer.status)"""
    assert page.run(ask, tag=f'"{page.run("document.querySelector('main').dataset.version")}"') == 304

    page.open(f"{url}/console")
    sizes: dict[str, Any] = page.run(
        """Object.fromEntries(['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
          .map(each => [each.name, each.encodedBodySize + 300]))"""
    )
    assert sum(sizes.values()) < FIRST_PAGE_BYTES, sizes
    assert all(name.startswith(url) for name in sizes)


def test_a_keyboard_reaches_everything_and_shows_where_it_is(platform: PlatformUnderTest, page: Page, url: str) -> None:
    sign_in(platform, page, f"{url}/console", person="admin")
    reachable = page.run("document.querySelectorAll('a[href], button, summary').length")
    reached = []
    for _ in range(reachable):
        page.press("Tab")
        seen = page.run(
            """(() => { const at = document.activeElement, style = getComputedStyle(at);
              return [at.textContent.trim(), style.outlineStyle, parseFloat(style.outlineWidth)]; })()"""
        )
        assert (seen[1], seen[2] >= 2) == ("solid", True), seen
        reached.append(seen[0])
    assert reached[0] == "Skip to content"
    assert {"Incidents", "Alarms", "Deployments", "KPIs", "Sign out", "users"} <= set(reached)

    page.open(f"{url}/console")
    page.press("Tab")
    page.press("Enter")
    page.wait_for("document.activeElement.id === 'main'")


def test_a_phone_shows_each_page_without_scrolling_sideways(platform: PlatformUnderTest, page: Page, url: str) -> None:
    sign_in(platform, page, f"{url}/console", person="admin")
    page.resize(390, 844, touch=True)
    deployment = newest_deployment(platform)
    for path in (
        "",
        "/incidents",
        "/alarms",
        f"/alarms/{ALARM}",
        "/dead-letters",
        REDRIVEN.removeprefix("/console"),
        "/deployments",
        f"/deployments/{deployment}",
        "/kpis",
    ):
        page.open(f"{url}/console{path}")
        assert page.run("document.documentElement.scrollWidth <= innerWidth"), path
        if not path:
            take_picture(page, "console-phone")
            page.prefer("dark")
            take_picture(page, "console-phone-dark")


@pytest.fixture
def letters(platform: PlatformUnderTest) -> Iterator[tuple[str, str]]:
    """Two dead letters of the consumer of activity: an event that it can handle now, and no event at all.

    Yields the subject of the event and the id of its message.
    """
    sqs, subject = platform.aws("sqs"), f"users/{uuid4()}"
    example = json.loads((ROOT / "events/users/UserCreated.v1.example.json").read_text())
    event = example | {"id": str(uuid4()), "subject": subject}
    delivered = {"id": event["id"], "source": "users", "detail-type": "UserCreated.v1", "detail": event}
    queue = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    sqs.purge_queue(QueueUrl=queue)
    attributes = {"reason": "The store was closed.", "error": "Closed", "request_id": "before"}
    reasons = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    sent = [
        sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=reasons)["MessageId"]
        for body in (json.dumps(delivered), f"no message of ours: {uuid4()}")
    ]
    yield subject, sent[0]
    sqs.purge_queue(QueueUrl=queue)


def follow(page: Page, selector: str, *, to: str) -> None:
    """Click an element, and wait for the page at the path."""
    page.run("setTimeout(() => document.querySelector(selector).click())", selector=selector)
    arrived = f"location.pathname === {json.dumps(to)} && document.readyState === 'complete'"
    page.wait_for(f"{arrived} && document.querySelector('main h1') !== null")


def says(page: Page, text: str) -> None:
    """Wait until an open page, which polls, says something."""
    page.wait_for(f"document.body.textContent.includes({json.dumps(text)})")


def history_of(platform: PlatformUnderTest, subject: str) -> list[Any]:
    found: list[Any] = platform.gateway.get("/activity", params={"subject": subject}).json()["items"]
    return found


def test_one_dead_letter_is_redriven_after_a_dry_run_and_then_all(
    platform: PlatformUnderTest, page: Page, url: str, letters: tuple[str, str]
) -> None:
    subject, message_id = letters
    sign_in(platform, page, f"{url}{REDRIVEN}", person="admin")
    says(page, f"UserCreated.v1 of {subject}")
    assert page.run("document.querySelector('main').textContent.includes('2 × Closed')")
    take_picture(page, "console-dead-letters")
    follow(page, f"a[href$='{message_id}']", to=f"{REDRIVEN}/{message_id}")
    check(page)

    follow(page, "a.action", to=f"{REDRIVEN}/redrive")
    says(page, "Dry run: nothing has moved")
    assert page.run("document.querySelector('main').textContent.includes('activity-consumer-dlq')")
    for scheme in ("dark", "light"):
        page.prefer(scheme)
        check(page)
    assert history_of(platform, subject) == []
    follow(page, "main form button", to=REDRIVEN)
    assert [each["type"] for each in eventually(lambda: history_of(platform, subject))] == ["UserCreated.v1"]
    says(page, "It has left the queue.")
    assert not page.run("document.querySelector('main').textContent.includes(subject)", subject=subject)

    follow(page, "a.action", to=f"{REDRIVEN}/redrive")
    follow(page, "main form button", to=REDRIVEN)
    says(page, "of 1 moved")
    # It is no event, so the consumer refuses it again, with its own reason.
    says(page, "MalformedEvent")
    check(page)


def test_a_redrive_without_a_valid_confirmation_moves_nothing(
    platform: PlatformUnderTest, letters: tuple[str, str]
) -> None:
    form = {"confirmation": "forged"}
    member = platform.client("member")

    assert member.get(f"{REDRIVEN}/redrive").status_code == 403
    assert member.post(f"{REDRIVEN}/redrive", data=form).status_code == 403
    dry_run = platform.gateway.get(f"{REDRIVEN}/redrive").text
    [confirmation] = re.findall(r'name="confirmation" value="([^"]+)"', dry_run)
    assert member.post(f"{REDRIVEN}/redrive", data={"confirmation": confirmation}).status_code == 403
    forged = platform.gateway.post(f"{REDRIVEN}/redrive", data=form)
    assert (forged.status_code, forged.json()["type"]) == (400, "urn:problem-type:confirmation-refused")
    for path, status in (("/console/dead-letters/webhooks/worker", 400), ("/console/dead-letters/others/worker", 404)):
        assert platform.gateway.post(f"{path}/redrive", data={"confirmation": confirmation}).status_code == status

    sqs = platform.aws("sqs")
    worker = platform.output("platform-local-console", "RedrivesWorkQueueUrl")
    task = {"request_id": str(uuid4()), "traceparent": "", "content": {"confirmation": confirmation[:-2] + "AA"}}
    sqs.send_message(QueueUrl=worker, MessageBody=json.dumps(task))
    says_why = "The console has not signed this confirmation."
    eventually(lambda: says_why in platform.gateway.get("/console/dead-letters/console/redrive").text)
    sqs.purge_queue(QueueUrl=f"{worker}-dlq")

    queue = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    depth = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert depth["ApproximateNumberOfMessages"] == "2"


def test_the_first_page_of_the_platform_leads_to_the_console_and_the_services(
    platform: PlatformUnderTest, page: Page, url: str
) -> None:
    page.open(f"{url}/")

    links = page.run("[...document.querySelectorAll('a')].map(link => link.getAttribute('href'))")
    assert links[0] == "/console"
    assert "/users/docs" in links
    check(page)
