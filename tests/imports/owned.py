"""A caller's own import, for the authorisation matrix: an admin imports the caller's file."""

import time

import httpx

CONTENT = b"email,name\n"
BODIES = {"POST /imports": lambda admin: {"file_id": _known_file_id(admin), "target": "users"}}
# One import for each caller: making one takes seconds, and no request of the matrix removes it.
_made: dict[str, str] = {}


def make(owner: httpx.Client, admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    token = owner.headers["Authorization"]
    if token not in _made:
        _made[token] = _import_id(_file_id(owner), admin)
    return {"import_id": _made[token]}


def _known_file_id(admin: httpx.Client) -> str:
    """Return a file that has been imported before, so that imports knows it."""
    made = admin.get(f"/imports/{make(admin, admin)['import_id']}").raise_for_status().json()
    return str(made["file_id"])


def _file_id(owner: httpx.Client) -> str:
    declared = {"name": "people.csv", "content_type": "text/csv", "size_bytes": len(CONTENT)}
    made = owner.post("/files", json=declared).raise_for_status().json()
    form = made["upload"]
    upload = owner.build_request("POST", form["url"], data=form["fields"], files={"file": ("x", CONTENT)})
    # The form is signed; S3 would read a token as a second signature.
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
