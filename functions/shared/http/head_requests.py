"""HEAD requests: the answer of GET without the content (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Serves HEAD by the route of GET, so that routes, access rules and the OpenAPI document need no HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_content(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        # Changed in place, because the router stores the matched route in the same scope.
        scope["method"] = "GET"
        try:
            await self._app(scope, receive, send_without_content)
        finally:
            scope["method"] = "HEAD"
