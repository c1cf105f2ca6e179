"""The callers that routes admit."""

from typing import Any

import pytest
from fastapi import FastAPI

from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.http.application import create_app, lambda_handler
from tests.lambda_client import LambdaClient, LambdaContext
from tests.tokens import admin, machine, member, token

router = guarded_router("things")


@router.get("/own")
@access(member="own")
async def read_own(caller: CallerOf) -> str | None:
    return caller.restricted_to


@router.post("/own")
@access(member="own")
async def write_own(body: dict[str, int]) -> None:
    """A route with a body, which is read only after the caller is known."""


@router.get("/all")
@access(member="never")
async def read_all() -> None: ...


@router.post("/others")
@access(member="never", also=("others/read",))
async def act_on_others() -> None:
    """A route that calls another service."""


@router.patch("/own/{thing}")
@access(member="own")
async def change_own(thing: str) -> str:
    """A route that changes a stored resource and answers it."""
    return thing


@router.delete("/own/{thing}", status_code=204)
@access(member="own")
async def delete_own(thing: str) -> None: ...


@router.get("/me")
@access(member="own", machine="never")
async def me(caller: CallerOf) -> str:
    return caller.subject


app = create_app("things", title="Things", description="Tests.", router=router)
things = LambdaClient(lambda_handler(app), caller="")


@pytest.mark.parametrize(
    ("caller", "statuses"),
    [
        (admin(), [200, 200, 200, 200, 200]),
        (member(), [200, 200, 403, 200, 403]),
        (token(), [403, 403, 403, 403, 403]),
        (token(groups=["visitor"]), [403, 403, 403, 403, 403]),
        (machine("things/read"), [200, 403, 200, 403, 403]),
        (machine("things/write"), [403, 200, 403, 403, 403]),
        (machine("things/read", "things/write"), [200, 200, 200, 403, 403]),
        (machine("things/write", "others/read"), [403, 200, 403, 403, 200]),
        (machine("others/read", "others/write"), [403, 403, 403, 403, 403]),
        (machine(), [403, 403, 403, 403, 403]),
        (token(scope="things/read things/write"), [403, 403, 403, 403, 403]),
        ("", [401, 401, 401, 401, 401]),
    ],
)
def test_a_route_admits_whom_its_rule_names(caller: str, statuses: list[int]) -> None:
    client = things.by(caller)
    answers = [
        client.get("/things/own"),
        client.post("/things/own", {}),
        client.get("/things/all"),
        client.get("/things/me"),
        client.post("/things/others", {}),
    ]

    assert [answer.status for answer in answers] == statuses


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        (["things/read"], [403, 403]),
        (["things/write"], [403, 204]),
        (["things/read", "things/write"], [200, 204]),
    ],
)
def test_a_client_that_may_only_write_reads_nothing_by_a_change(scopes: list[str], statuses: list[int]) -> None:
    client = things.by(machine(*scopes))

    assert [client.patch("/things/own/1", {}).status, client.delete("/things/own/1").status] == statuses


@pytest.mark.parametrize(
    ("caller", "restricted_to"),
    [(admin("root"), None), (machine("things/read"), None), (member("ada"), "ada")],
)
def test_members_alone_are_restricted_to_their_own(caller: str, restricted_to: str | None) -> None:
    assert things.by(caller).get("/things/own").json == restricted_to


def test_without_a_token_the_challenge_names_the_scheme_alone() -> None:
    answer = things.get("/things/own")

    assert (answer.status, answer.problem) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="platform"'


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "Bearer x", "bearer a b c", "Bearer \xff"])
def test_a_bad_token_s_challenge_says_what_is_wrong(header: str) -> None:
    answer = things.get("/things/own", headers={"Authorization": header})

    assert (answer.status, answer.problem) == (401, "invalid-token")
    assert answer.headers["www-authenticate"].startswith('Bearer realm="platform", error="invalid_token"')


def test_a_lacking_scope_is_named_in_the_challenge() -> None:
    answer = things.by(machine("things/read")).post("/things/own", {})

    assert (answer.status, answer.problem) == (403, "forbidden")
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="platform", error="insufficient_scope", scope="things/write"'
    )


def test_the_scheme_is_read_whatever_its_case() -> None:
    assert things.get("/things/own", headers={"Authorization": f"bearer  {admin()}"}).status == 200


@pytest.mark.parametrize("body", ["{", "[]", ""])
def test_nothing_of_a_request_is_looked_at_before_the_caller_is_known(body: str) -> None:
    assert things.post("/things/own", body).status == 401
    assert things.by(machine()).post("/things/own", body).status == 403
    assert things.by(member()).post("/things/own", body).status in {400, 422}


def test_health_docs_and_the_openapi_document_are_open() -> None:
    paths = ["health", "docs", "docs/start.js", "docs/swagger-ui.css", "docs/oauth2-redirect.html", "openapi.json"]

    assert [things.get(f"/things/{path}").status for path in paths] == [200] * len(paths)


def test_a_route_without_a_rule_cannot_be_made() -> None:
    with pytest.raises(TypeError, match=r"/things/forgotten: forgotten declares no rule"):

        @router.get("/forgotten")
        async def forgotten() -> None: ...


def test_an_app_with_a_route_beside_the_guarded_ones_does_not_start() -> None:
    app = create_app("things", title="Things", description="Tests.", router=guarded_router("things"))

    @app.get("/things/backdoor")
    async def backdoor() -> None: ...

    with pytest.raises(TypeError, match="/things/backdoor has no access rule"):
        lambda_handler(app)


def test_an_app_made_without_create_app_does_not_start() -> None:
    with pytest.raises(TypeError, match="has no access rule"):
        lambda_handler(FastAPI())


def test_the_openapi_document_tells_each_route_s_rule() -> None:
    document = things.get("/things/openapi.json").json
    paths = document["paths"]

    assert paths["/things/own"]["get"]["x-access"] == {"admin": "all", "member": "own", "machine": "things/read"}
    assert paths["/things/own"]["post"]["security"] == [{"person": []}, {"things_machine": ["things/write"]}]
    both = ["things/write", "others/read"]
    assert paths["/things/others"]["post"]["security"] == [{"person": []}, {"things_machine": both}]
    assert paths["/things/others"]["post"]["x-access"]["machine"] == " ".join(both)
    assert paths["/things/me"]["get"]["security"] == [{"person": []}]
    assert {"401", "403"} <= set(paths["/things/all"]["get"]["responses"])
    assert paths["/things/health"]["get"]["security"] == []
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"person", "things_machine"}
    scopes = schemes["things_machine"]["flows"]["clientCredentials"]["scopes"]
    assert set(scopes) == {"things/read", "things/write", "others/read"}


def test_a_token_is_never_logged(log: object) -> None:
    caller = admin()
    things.by(caller).get("/things/own")
    things.by(f"{caller}x").get("/things/own")

    logged = log.getvalue()  # type: ignore[attr-defined]
    assert "request" in logged
    assert caller.split(".")[1] not in logged


def direct(*scopes: str, path: str = "/things/own", **more: Any) -> dict[str, Any]:
    """Return the event of a rehearsed request, as a caller with the right to invoke the function builds it."""
    return {
        "rehearsal": {"scopes": list(scopes)},
        "requestContext": {"elb": {}},
        "httpMethod": "GET",
        "path": path,
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {},
        "body": "",
        "isBase64Encoded": False,
        **more,
    }


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        (["things/read"], "/things/own", 200),
        (["things/write"], "/things/own", 403),
        (["others/read"], "/things/all", 403),
        (["things/write"], "/things/me", 403),
        (["things/read"], "/things/me", 200),
        ([], "/things/own", 403),
    ],
)
def test_a_rehearsed_request_needs_no_token_and_may_do_what_its_scopes_allow(
    scopes: list[str], path: str, status: int
) -> None:
    assert lambda_handler(app)(direct(*scopes, path=path), LambdaContext())["statusCode"] == status


@pytest.mark.parametrize(
    "forged",
    [
        {"requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:test"}}},
        {"rehearsal": None},
        {"rehearsal": None, "multiValueHeaders": {"rehearsal": ['{"scopes": ["things/read"]}']}},
        {"rehearsal": None, "multiValueQueryStringParameters": {"rehearsal": ['{"scopes": ["things/read"]}']}},
        {"rehearsal": None, "httpMethod": "POST", "body": '{"rehearsal": {"scopes": ["things/write"]}}'},
    ],
)
def test_nothing_that_a_client_can_send_makes_a_request_a_rehearsal(forged: dict[str, Any]) -> None:
    assert lambda_handler(app)(direct("things/read", **forged), LambdaContext())["statusCode"] == 401
