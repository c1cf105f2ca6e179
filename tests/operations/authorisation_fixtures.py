"""Requests for operations, for the authorisation matrix: deployments have no owner."""

import httpx

from tests.waiting import eventually

_KPIS = {"environment": "local"}
QUERIES = {"GET /operations/kpis": _KPIS, "GET /operations/kpis/{name}": _KPIS}


def make(_owner: httpx.Client, admin: httpx.Client) -> dict[str, str]:
    """Return the parameters of the paths: a deployment that `make up` itself left."""

    def newest() -> str:
        items = admin.get("/operations/deployments", params={"limit": 1}).raise_for_status().json()["items"]
        return str(items[0]["id"]) if items else ""

    return {"deployment_id": eventually(newest), "name": "change_lead_time"}
