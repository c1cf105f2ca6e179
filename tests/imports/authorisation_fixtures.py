"""A caller's import, for the authorisation matrix: an import of the caller's file, which an admin starts."""

import httpx

from tests.waiting import eventually

CONTENT = b"email,name\n"
BODIES = {"POST /imports": lambda admin: {"file_id": _known_file_id(admin), "target": "users"}}
# An import takes seconds, and no request of the matrix deletes it.
_made: dict[str, str] = {}


def make(owner: httpx.Client, admin: httpx.Client) -> dict[str, str]:
    """Return the path's parameters."""
    token = owner.headers["Authorization"]
    if token not in _made:
        _made[token] = _import_id(_file_id(owner), admin)
    return {"import_id": _made[token]}


def _known_file_id(admin: httpx.Client) -> str:
    """Return the id of a file that the service knows, because it has imported the file before."""
    made = admin.get(f"/imports/{make(admin, admin)['import_id']}").raise_for_status().json()
    return str(made["file_id"])


def _file_id(owner: httpx.Client) -> str:
    declared = {"name": "people.csv", "content_type": "text/csv", "size_bytes": len(CONTENT)}
    made = owner.post("/files", json=declared).raise_for_status().json()
    form = made["upload"]
    upload = owner.build_request("POST", form["url"], data=form["fields"], files={"file": ("x", CONTENT)})
    # The form is signed. S3 would read a token as a second signature.
    del upload.headers["Authorization"]
    owner.send(upload).raise_for_status()
    return str(made["id"])


def _import_id(file_id: str, admin: httpx.Client) -> str:
    def started() -> httpx.Response | None:
        answer = admin.post("/imports", json={"file_id": file_id, "target": "users"})
        # The service learns about the file from an event.
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer

    answer = eventually(started)
    assert answer is not None
    return str(answer.raise_for_status().json()["id"])
