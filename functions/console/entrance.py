"""The routes of the console that need no session: sign-in, sign-out, and the files of its pages."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import RedirectResponse, Response

from functions.console.errors import CrossSite, SignInFailed
from functions.console.pages import ASSETS, MEDIA_TYPES, SIGN_IN_PATH, assets_version, page
from functions.console.session import SESSION, SIGN_IN, cookie_in, drop_cookie, is_same_origin, set_cookie
from functions.console.sign_in import SIGN_IN_TAKES_S, SignIn
from functions.console.wiring import sign_in
from functions.shared.auth.access_tokens import access_tokens
from functions.shared.auth.blocked_people import blocked_people
from functions.shared.errors import Forbidden, InvalidToken, NotFound
from functions.shared.interface.names import CONSOLE_CALLBACK, CONSOLE_PATH, CONSOLE_SIGNED_OUT

SIGN_OUT_PATH = f"{CONSOLE_PATH}/sign-out"
ASSET_PATH = f"{CONSOLE_PATH}/assets/{{version}}/{{name}}"
PATHS = {SIGN_IN_PATH, SIGN_OUT_PATH, CONSOLE_CALLBACK, CONSOLE_SIGNED_OUT, ASSET_PATH}
# A browser need not ask again for a file if its address has the digest of its content.
KEPT = "public, max-age=31536000, immutable"

Entrance = Annotated[SignIn, Depends(sign_in)]


def add_entrance(app: FastAPI) -> None:
    """Add the routes to an app, as open paths."""
    app.add_api_route(SIGN_IN_PATH, begin, include_in_schema=False)
    app.add_api_route(CONSOLE_CALLBACK, finish, include_in_schema=False)
    app.add_api_route(SIGN_OUT_PATH, leave, methods=["POST"], include_in_schema=False)
    app.add_api_route(CONSOLE_SIGNED_OUT, show_signed_out, include_in_schema=False)
    app.add_api_route(ASSET_PATH, send_asset, include_in_schema=False)
    app.state.open_paths |= PATHS


def begin(entrance: Entrance, to: Annotated[str, Query(max_length=2000)] = CONSOLE_PATH) -> Response:
    """Lead to the sign-in of the user pool."""
    url, cookie = entrance.begin(to)
    response = RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER)
    set_cookie(response, SIGN_IN, cookie, kept_s=SIGN_IN_TAKES_S)
    return response


def finish(
    request: Request,
    entrance: Entrance,
    code: Annotated[str, Query(max_length=2048)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Take the code of the user pool, and lead back to the page that asked for the sign-in.

    What is wrong with the person is said here: a page would lead to the sign-in again, and that would lead back here.
    """
    if not code:
        raise SignInFailed("The user pool sent no code. Sign in again.")
    token, to = entrance.finish(code=code, state=state, cookie=cookie_in(request.headers, SIGN_IN))
    try:
        caller = access_tokens().caller(token.text)
    except InvalidToken as error:
        raise SignInFailed(error.detail) from error
    if caller.is_machine or caller.subject in blocked_people():
        raise Forbidden("Only people with an active account can sign in.")
    response = RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER)
    set_cookie(response, SESSION, token.text, kept_s=token.valid_s)
    drop_cookie(response, SIGN_IN)
    return response


def leave(request: Request, entrance: Entrance) -> Response:
    """End the session here, then at the user pool."""
    if not is_same_origin(request.headers):
        raise CrossSite
    response = RedirectResponse(entrance.leave_url(), status_code=HTTPStatus.SEE_OTHER)
    drop_cookie(response, SESSION)
    return response


def show_signed_out(request: Request) -> Response:
    """Say that the session has ended."""
    return page(request, "signed_out.html", title="Signed out")


def send_asset(version: str, name: str) -> Response:
    """Send a file of the pages; while two versions of this function serve, also to a page of the other one."""
    file = ASSETS / name
    if file.parent != ASSETS or not file.is_file():
        raise NotFound("The console has no such file.")
    headers = {"Cache-Control": KEPT if version == assets_version() else "no-cache"}
    return Response(file.read_bytes(), media_type=MEDIA_TYPES[file.suffix], headers=headers)
