"""Requests that the page of another site can make a browser send, and the few that are open to such pages."""

from ministack.services import alb, s3

from tests.local.embedded_aws.web import ENDPOINT, GATEWAY, Request, send, send_signed

ELSEWHERE = "https://elsewhere.example"
LIST_QUEUES = Request(
    service="sqs",
    method="POST",
    headers={"x-amz-target": "AmazonSQS.ListQueues", "content-type": "application/x-amz-json-1.0"},
    body=b"{}",
)


def test_a_page_of_another_site_is_refused_even_with_a_valid_signature() -> None:
    for page in (
        {"origin": ELSEWHERE},
        {"origin": "null"},
        # Another program's page on this machine.
        {"origin": "http://localhost:3000", "sec-fetch-site": "cross-site"},
        {"origin": f"{ENDPOINT}.elsewhere.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        answer = send_signed(LIST_QUEUES, unsigned=page)
        assert (answer.status, "may not call the embedded AWS" in answer.text) == (403, True), page


def test_programs_and_the_platform_s_own_pages_are_answered() -> None:
    for own in ({}, {"origin": GATEWAY, "sec-fetch-site": "cross-site"}, {"origin": ENDPOINT}):
        assert send_signed(LIST_QUEUES, unsigned=own).status == 200, own


def test_a_name_that_another_site_gives_this_machine_is_refused() -> None:
    for name in ("elsewhere.example", "elsewhere.example:4566", "127.0.0.1.elsewhere.example:4566", ""):
        answer = send("GET", "/_ministack/health", {"host": name})
        assert (answer.status, "answers to" in answer.text) == (403, True), name
    for name in ("127.0.0.1:4566", "localhost:4566", "localhost", "[::1]:4566"):
        assert send("GET", "/_ministack/health", {"host": name}).status == 200, name


def test_the_internal_pages_are_closed_whatever_name_they_are_asked_under() -> None:
    alb._lbs["lb"] = {"DNSName": "own-1.eu-west-1.elb.amazonaws.com", "LoadBalancerName": "own"}
    for host in ("127.0.0.1:4566", "own-1.eu-west-1.elb.amazonaws.com"):
        for method, path in (
            ("POST", "/_ministack/reset"),
            ("POST", "/_ministack/config"),
            ("GET", "/_ministack/sqs/messages"),
            ("GET", "/_ministack/lambda-code/f"),
        ):
            answer = send(method, path, {"host": host})
            assert (answer.status, "is closed" in answer.text) == (403, True), path


def test_an_answer_lets_no_page_of_another_site_read_it() -> None:
    for answer in (send_signed(LIST_QUEUES), send("OPTIONS", "/", {"access-control-request-method": "POST"})):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_sign_in_and_the_rules_of_buckets_are_open_to_other_sites_as_on_aws() -> None:
    asked = {"origin": ELSEWHERE, "sec-fetch-site": "cross-site"}
    token = send("POST", "/oauth2/token", asked, body=b"grant_type=none")
    assert token.headers["access-control-allow-origin"] == "*"

    s3._buckets["pictures"] = {"created": "2026", "objects": {}, "region": "eu-west-1"}
    preflight = send("OPTIONS", "/pictures/a", asked | {"access-control-request-method": "PUT"})
    assert (preflight.status, "CORS is not enabled" in preflight.text) == (403, True)
    s3._put_bucket_cors(
        "pictures",
        b"<CORSConfiguration><CORSRule><AllowedOrigin>https://elsewhere.example</AllowedOrigin>"
        b"<AllowedMethod>PUT</AllowedMethod></CORSRule></CORSConfiguration>",
    )
    preflight = send("OPTIONS", "/pictures/a", asked | {"access-control-request-method": "PUT"})
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, ELSEWHERE)


def test_the_gateway_reaches_a_load_balancer_for_every_page() -> None:
    alb._lbs["lb"] = {"DNSName": "own-1.eu-west-1.elb.amazonaws.com", "LoadBalancerName": "own"}
    by_name = {"host": "own-1.eu-west-1.elb.amazonaws.com", "origin": ELSEWHERE, "sec-fetch-site": "cross-site"}

    # It has no listener: the load balancer itself answers.
    answer = send("GET", "/users", by_name)
    assert answer.status not in {401, 403}, answer
    assert send("GET", "/_alb/own/users", {"origin": ELSEWHERE}).status == 403
    # MiniStack's own entrances stay closed behind its name.
    assert send("GET", "/v20180820/accesspoint/a", by_name).status == 403
