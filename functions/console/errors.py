"""The errors of the console; `functions/shared/errors.py` has those of every service."""

from functions.shared.errors import ApiError, BadRequest, NotFound


class AlarmNotFound(NotFound):
    slug = "alarm-not-found"
    title = "There is no such alarm"

    def __init__(self) -> None:
        super().__init__("No alarm of this platform has this name. It may belong to a release that has ended.")


class LettersNotFound(NotFound):
    slug = "dead-letters-not-found"
    title = "There are no such dead letters"

    def __init__(self, detail: str = "No function of this platform with this name can have dead letters.") -> None:
        super().__init__(detail)


class ConfirmationRefused(BadRequest):
    slug = "confirmation-refused"
    title = "The redrive was not confirmed, and nothing was moved"


class SignInFailed(BadRequest):
    slug = "sign-in-failed"
    title = "The sign-in did not succeed"


class CrossSite(ApiError):
    """Another site's page has sent the request."""

    status = 403
    slug = "cross-site"
    title = "The request comes from another site"

    def __init__(self) -> None:
        super().__init__("Use the buttons of the console itself, in a browser that sends Sec-Fetch-Site.")
