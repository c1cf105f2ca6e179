"""Compressed bodies, which no service reads."""

from starlette.requests import Request

from functions.shared.errors import UnsupportedMediaType


def refuse_encoded(request: Request) -> None:
    """Refuse a compressed body, before it is read as the JSON that it is not.

    Raises:
        UnsupportedMediaType: The body has a Content-Encoding; the answer names the only one that is accepted.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity"}:
        # https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3-10
        raise UnsupportedMediaType(
            "Send the body as it is, without Content-Encoding.", headers={"Accept-Encoding": "identity"}
        )
