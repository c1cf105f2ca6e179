"""What a caller owns of imports, for the authorisation matrix: an import of their file, which an admin has started."""

import time

import httpx

CONTENT = b"email,name\n"
BODIES = {"POST /imports": lambda admin: {"file_id": _known_file_id(admin), "target": "users"}}
# Making one takes seconds, and nothing that the matrix does to it takes it away.
_made: dict[str, str] = {}


def make(owner: httpx.Client, admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    who = owner.headers["Authorization"]
    if who not in _made:
        _made[who] = _import_id(_file_id(owner), admin)
    return {"import_id": _made[who]}


def _known_file_id(admin: httpx.Client) -> str:
    """Return a file that imports know: one that has been imported before."""
    made = admin.get(f"/imports/{make(admin, admin)['import_id']}").raise_for_status().json()
    return str(made["file_id"])


def _file_id(owner: httpx.Client) -> str:
    declared = {"name": "people.csv", "content_type": "text/csv", "size_bytes": len(CONTENT)}
    made = owner.post("/files", json=declared).raise_for_status().json()
    form = made["upload"]
    upload = owner.build_request("POST", form["url"], data=form["fields"], files={"file": ("x", CONTENT)})
    # The form is signed; S3 would take a token for another signature.
    del upload.headers["Authorization"]
    owner.send(upload).raise_for_status()
    return str(made["id"])


def _import_id(file_id: str, admin: httpx.Client) -> str:
    for _ in range(150):
        answer = admin.post("/imports", json={"file_id": file_id, "target": "users"})
        if answer.status_code != httpx.codes.NOT_FOUND:
            return str(answer.raise_for_status().json()["id"])
        time.sleep(0.2)
    raise TimeoutError("The file never became available to imports.")
