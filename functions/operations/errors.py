"""The errors of operations; `functions/shared/errors.py` has those of every service."""

from functions.shared.errors import NotFound


class DeploymentNotFound(NotFound):
    slug = "deployment-not-found"
    title = "There is no such deployment"

    def __init__(self) -> None:
        super().__init__("No deployment has this id.")


class KpiNotFound(NotFound):
    slug = "kpi-not-found"
    title = "There is no such KPI"

    def __init__(self, known: str) -> None:
        super().__init__(f"Expected one of {known}.")


class IncidentNotFound(NotFound):
    slug = "incident-not-found"
    title = "There is no such incident"

    def __init__(self) -> None:
        super().__init__("No incident has this id.")
