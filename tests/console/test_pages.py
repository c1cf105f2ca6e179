"""The pages: who sees them, entity tags, the policy, errors in the same look, and escaped values."""

import re
from datetime import timedelta
from html import unescape

import pytest

from functions.console.domain import Change, Live
from functions.console.lambdas.api import handler
from functions.console.pages import assets_version
from functions.console.session import SESSION
from functions.shared.errors import NotFound, Unavailable
from tests import tokens
from tests.console.fakes import INCIDENT, KPI, NOON, FakeMonitoring, FakeOperations, FakeVersions, alarm, deployment
from tests.console.letter_fakes import LEDGER, FakeQueues, letter
from tests.lambda_client import Answer, LambdaClient, LambdaContext

PAGES = [
    "/console", "/console/alarms", "/console/alarms/platform-test-users-failures", "/console/deployments",
    "/console/deployments/deployment-1", "/console/kpis", "/console/kpis/change_lead_time", "/console/dead-letters",
    "/console/dead-letters/ledger/consumer", "/console/dead-letters/ledger/consumer/redrive",
    f"/console/dead-letters/ledger/consumer/{letter(1).message_id}",
    "/console/incidents", f"/console/incidents/{INCIDENT['id']}",
]  # fmt: skip
ENDED = {**INCIDENT, "id": "ended", "ended_at": NOON.isoformat(), "alarms_firing": 0}
# The largest part that a browser loads for the first page, with its stylesheet and scripts.
FIRST_PAGE_BYTES = 60_000


@pytest.fixture(autouse=True)
def filled(monitoring: FakeMonitoring, versions: FakeVersions, operations: FakeOperations, queues: FakeQueues) -> None:
    """A platform with something to see on each page."""
    monitoring.alarms = [
        alarm("users-failures", "ALARM", since=NOON - timedelta(minutes=5)),
        alarm("users-latency"),
        alarm("gateway-cpu", "INSUFFICIENT_DATA"),
    ]
    queues.letters = {LEDGER: [letter(1)]}
    monitoring.changes = [Change(at=NOON, summary="Alarm updated from OK to ALARM")]
    monitoring.values = {"users_invocations": 50.0, "users_answered": 2.0}
    versions.live = {
        "platform-test-users-api": Live(function="platform-test-users-api", version="11", canary="12", share=0.1)
    }
    page = {"items": [deployment(1, outcome="failed"), deployment(2)], "next_cursor": "older"}
    window = {"environment": "test", "service": None, "days": 30, "baking": ["deployment-3"], "kpis": [KPI]}
    operations.answers = {
        "/operations/deployments": page,
        "/operations/deployments/deployment-1": {**deployment(1, outcome="failed"), "events": []},
        "/operations/incidents": {"items": [INCIDENT, ENDED], "next_cursor": "older"},
        f"/operations/incidents/{INCIDENT['id']}": INCIDENT,
        "/operations/kpis": window,
        "/operations/kpis/change_lead_time": KPI,
    }


def shown(console: LambdaClient, path: str, *, by: str, **headers: str) -> Answer:
    path, _, query = path.partition("?")
    pairs = dict(pair.split("=") for pair in query.split("&") if pair)
    cookie = {"cookie": f"other={{}}; {SESSION}={by}"} if by else {}
    sent = {"accept": "text/html", **cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return console.get(path, query=pairs, headers=sent)


def text_of(answer: Answer) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.body.decode())))


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_for_administrators_alone(console: LambdaClient, path: str) -> None:
    seen = shown(console, path, by=tokens.admin())
    assert (seen.status, seen.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert seen.headers["cache-control"] == "private, no-cache"

    member = shown(console, path, by=tokens.member())
    assert member.status == 403
    assert "Only people of the group admin may do this" in text_of(member)
    assert "Sign out" in text_of(member)
    machine = shown(console, path, by=tokens.machine("console/read", "console/write"))
    assert (machine.status, "Sign out" in text_of(machine)) == (403, False)
    assert shown(console, path, by=tokens.token(groups=[])).status == 403
    assert shown(console, path, by="").headers["location"].startswith("/console/sign-in?to=/console")
    expired = tokens.token(groups=["admin"], exp=1, iat=0)
    assert shown(console, path, by=expired).status == 303


@pytest.mark.parametrize("path", PAGES)
def test_a_poll_gets_304_until_the_page_changes(console: LambdaClient, path: str) -> None:
    first = shown(console, path, by=tokens.admin())
    version = first.headers["etag"]
    again = shown(console, path, by=tokens.admin(), if_none_match=version, sec_fetch_dest="empty")

    assert (again.status, again.body, again.headers["etag"]) == (304, b"", version)
    assert f'data-version="{version.strip('"')}"' in first.body.decode()


def test_a_change_of_an_alarm_is_another_version_of_the_page(console: LambdaClient, monitoring: FakeMonitoring) -> None:
    path = "/console/alarms/platform-test-users-failures"
    version = shown(console, path, by=tokens.admin()).headers["etag"]
    monitoring.alarms = [alarm("users-failures")]

    assert shown(console, path, by=tokens.admin(), if_none_match=version).status == 200


def test_a_poll_without_a_session_is_refused_and_not_led_to_another_origin(console: LambdaClient) -> None:
    assert shown(console, "/console", by="", sec_fetch_dest="empty").status == 401


def test_a_cookie_is_no_proof_for_a_request_of_another_site_that_could_change_something(console: LambdaClient) -> None:
    sent = {"cookie": f"{SESSION}={tokens.admin()}", "sec-fetch-site": "same-site"}

    assert console.request("POST", "/console/services", headers=sent).status == 405
    assert console.request("GET", "/console/services", headers=sent).status == 200


def test_the_policy_allows_only_files_of_the_console(console: LambdaClient) -> None:
    policy = shown(console, "/console", by=tokens.admin()).headers["content-security-policy"]

    assert "unsafe" not in policy
    for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"):
        assert rule in policy.split("; ")
    assert "require-trusted-types-for 'script'" in policy
    for path in PAGES:
        body = shown(console, path, by=tokens.admin()).body.decode()
        assert not re.search(r'\sstyle="|\son[a-z]+="|<script(?! type="module" src=)|<style', body), path


def test_values_are_escaped(console: LambdaClient, monitoring: FakeMonitoring) -> None:
    monitoring.alarms = [alarm("users-failures", "ALARM", description="<script>alert(1)</script>")]

    assert b"<script>alert" not in shown(console, "/console", by=tokens.admin()).body
    assert b"&lt;b&gt;no&lt;/b&gt; more room" in shown(console, PAGES[4], by=tokens.admin()).body


def test_the_first_page_shows_each_service(console: LambdaClient) -> None:
    text = text_of(shown(console, "/console", by=tokens.admin()))

    assert "1 alarm fires 1 incident is open" in text
    # 2 of 50 requests failed, and 0.5 may: three budgets too much.
    assert "users 50 2 -300.0 % 1 of 2 api 11 →12 10 % failed" in text
    assert "ledger – – – – – –" in text


def test_a_part_that_lacks_data_says_so_and_the_rest_is_shown(
    console: LambdaClient, monitoring: FakeMonitoring, operations: FakeOperations
) -> None:
    operations.failing = Unavailable("Invoke: TooManyRequestsException")
    releases = shown(console, "/console", by=tokens.admin())
    assert releases.status == 200
    assert "Releases: no data. Invoke: TooManyRequestsException" in text_of(releases)
    assert "1 alarm fires" in text_of(releases)

    monitoring.failing = Unavailable("DescribeAlarms: AccessDenied")
    alarm_page = shown(console, PAGES[2], by=tokens.admin())
    assert (alarm_page.status, "DescribeAlarms: AccessDenied" in text_of(alarm_page)) == (503, True)


def test_an_alarm_shows_its_value_its_threshold_and_its_history(console: LambdaClient) -> None:
    text = text_of(shown(console, "/console/alarms/platform-test-users-failures", by=tokens.admin()))

    assert "3 fires if > 2" in text
    assert "Alarm updated from OK to ALARM" in text
    assert "make query name=failed-requests last=1h environment=test lists the failed requests" in text


def test_an_alarm_that_fires_leads_to_the_open_incidents_of_its_service(
    console: LambdaClient, monitoring: FakeMonitoring, operations: FakeOperations
) -> None:
    path = "/console/alarms/platform-test-users-failures"
    assert "Incident: [urgent] users: requests fail open since" in text_of(shown(console, path, by=tokens.admin()))

    operations.answers["/operations/incidents"] = {"items": [{**INCIDENT, "services": ["ledger"]}, ENDED]}
    assert "Incident:" not in text_of(shown(console, path, by=tokens.admin()))
    operations.failing = Unavailable("Invoke: TooManyRequestsException")
    answer = shown(console, path, by=tokens.admin())
    assert (answer.status, "TooManyRequestsException" in text_of(answer)) == (200, True)
    monitoring.alarms = [alarm("users-failures")]
    assert "TooManyRequestsException" not in text_of(shown(console, path, by=tokens.admin()))


def test_an_incident_shows_its_cause_its_alarms_and_the_first_steps(console: LambdaClient) -> None:
    text = text_of(shown(console, f"/console/incidents/{INCIDENT['id']}", by=tokens.admin()))

    assert "Likely cause The last release of the service. 4 min before" in text
    assert "Ruled out No alarm of the gateway fires." in text
    assert "9 against 5" in text
    assert "make query name=failed-requests last=1h environment=test lists the failed requests" in text
    assert "<b>no</b> markup" in text


def test_incidents_are_listed_with_their_state(console: LambdaClient) -> None:
    text = text_of(shown(console, "/console/incidents", by=tokens.admin()))

    assert "open [urgent] users: requests fail users 1 of 1 firing" in text
    assert "ended [urgent] users: requests fail users 1 OK" in text
    assert "Older" in text


def test_a_composite_alarm_shows_its_rule_with_links(console: LambdaClient, monitoring: FakeMonitoring) -> None:
    rule = 'ALARM("platform-test-users-a") AND ALARM("platform-test-users-b")'
    monitoring.alarms = [alarm("users-budget-fast", metrics=(), threshold=None, rule=rule)]

    body = shown(console, "/console/alarms/platform-test-users-budget-fast", by=tokens.admin()).body.decode()

    assert '<a href="/console/alarms/platform-test-users-b">users-b</a>' in body


@pytest.mark.parametrize(
    ("query", "names"),
    [("", 3), ("?state=ALARM", 1), ("?of=users", 2), ("?state=OK&of=users", 1), ("?state=OK&of=ledger", 0)],
)
def test_the_list_of_alarms_is_filtered_by_its_address(console: LambdaClient, query: str, names: int) -> None:
    body = shown(console, f"/console/alarms{query}", by=tokens.admin()).body.decode()

    assert len(re.findall(r'<th scope="row">', body)) == names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/console/nothing", 404), ("/console/alarms/platform-test-none", 404), ("/console/alarms/another-alarm", 404),
        ("/console/dead-letters/ledger/api", 404), ("/console/dead-letters/ledger/consumer?confirmed=me", 422),
        (f"/console/dead-letters/ledger/consumer/{letter(2).message_id}", 404), ("/console/alarms?state=LOUD", 422),
        ("/console/kpis?days=8", 422), ("/console/deployments/unknown", 404),
    ],
)  # fmt: skip
def test_errors_are_pages_of_the_same_look(
    console: LambdaClient, operations: FakeOperations, path: str, status: int
) -> None:
    if path.endswith("unknown"):
        operations.failing = NotFound("No deployment has this id.")
    answer = shown(console, path, by=tokens.admin())

    assert answer.status == status
    assert "Request id for the log" in text_of(answer)
    assert "etag" not in answer.headers


def test_a_script_gets_problems_and_json(console: LambdaClient) -> None:
    assert console.get("/console/services").problem == "unauthenticated"
    assert console.by(tokens.member()).get("/console/services").problem == "forbidden"
    answer = console.by(tokens.admin()).get("/console/services").json
    ledger, users = answer["items"]

    assert (ledger["name"], ledger["requests_last_hour"], ledger["budget_left"]) == ("ledger", None, None)
    assert (users["requests_last_hour"], users["failed_last_hour"], users["alarms_firing"]) == (
        50, 2, ["platform-test-users-failures"],
    )  # fmt: skip
    assert users["last_release"]["deployment_id"] == "deployment-1"
    assert users["live"] == [{"function": "platform-test-users-api", "version": "11", "canary": "12", "share": 0.1}]


def test_the_person_s_token_is_sent_to_operations(console: LambdaClient, operations: FakeOperations) -> None:
    shown(console, "/console/kpis?days=7&of=users", by=tokens.admin())

    assert operations.asked == [
        ("/operations/kpis", tokens.admin(), {"environment": "test", "days": "7", "service": "users"})
    ]


def test_the_first_page_and_its_files_are_small(console: LambdaClient) -> None:
    page = shown(console, "/console", by=tokens.admin()).body
    files = set(re.findall(rb'"(/console/assets/[^"]+)"', page))
    sent = [console.get(file.decode()) for file in files]
    modules = [console.get(f"/console/assets/{assets_version()}/{name}.js") for name in ("polling", "ages")]

    assert {each.status for each in (*sent, *modules)} == {200}
    assert sum(len(each.body) for each in (*sent, *modules)) + len(page) < FIRST_PAGE_BYTES


def test_files_are_kept_for_as_long_as_their_address_names_their_content(console: LambdaClient) -> None:
    named = console.get(f"/console/assets/{assets_version()}/console.css")
    other = console.get("/console/assets/newest/console.css")

    assert (named.headers["cache-control"], other.headers["cache-control"]) == (
        "public, max-age=31536000, immutable", "no-cache",
    )  # fmt: skip
    assert named.body == other.body
    for name in ("..%2fpages.py", "nothing.css", ".."):
        assert console.get(f"/console/assets/newest/{name}").status == 404


def test_a_release_check_rehearses_the_route_for_scripts_without_a_token(console: LambdaClient) -> None:
    headers = {"host": ["release-check"]}
    event = {
        "requestContext": {"elb": {}},
        "httpMethod": "GET",
        "path": "/console/services",
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": headers,
        "body": "",
        "isBase64Encoded": False,
        "rehearsal": {"scopes": ["console/read"]},
    }

    assert handler(event, LambdaContext())["statusCode"] == 200
    assert handler({**event, "path": "/console"}, LambdaContext())["statusCode"] == 200
    assert handler({**event, "rehearsal": {"scopes": []}}, LambdaContext())["statusCode"] == 403
