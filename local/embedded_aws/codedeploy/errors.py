"""An error of CodeDeploy's API."""


class ApiError(Exception):
    """An error with its code as AWS names it, such as `DeploymentDoesNotExistException`; the status is always 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
