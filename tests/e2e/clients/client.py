"""Uses the generated Python client as an application would, and prints its results; `test_clients.py` runs it."""

import json
import os
import ssl
import sys
import time
from http import HTTPStatus
from uuid import uuid4

import httpx
from platform_client import AuthenticatedClient
from platform_client.api.files import create_file, get_file
from platform_client.api.imports import get_import, request_import
from platform_client.api.users import change_user, create_user, get_user, list_users
from platform_client.models import (
    FileState,
    ImportStatus,
    NewFile,
    NewFileContentType,
    NewImport,
    NewUser,
    Problem,
    UserChanges,
)

TRUSTED = ssl.create_default_context(cafile=os.environ["CA_FILE"])
CLIENT = AuthenticatedClient(base_url=os.environ["URL"], token=os.environ["TOKEN"], verify_ssl=TRUSTED)
TRIES = 600


def given[T](answer: T | Problem | None) -> T:
    """Return an answer that is not a problem."""
    if answer is None or isinstance(answer, Problem):
        raise SystemExit(f"The platform answers {answer}.")
    return answer


def address() -> str:
    """Return an address without a user."""
    return f"{uuid4().hex}@example.com"


def users() -> dict[str, object]:
    """Create, rename, deactivate and list users."""
    email = address()
    created = given(create_user.sync(client=CLIENT, body=NewUser(email=email, name="Ana")))
    changes = [UserChanges(name="Bo"), UserChanges(active=False), UserChanges(email=f"new-{email}")]
    changed = [
        given(change_user.sync(created.id, client=CLIENT, body=each, if_match="*")).to_dict() for each in changes
    ]
    refused = change_user.sync(created.id, client=CLIENT, body=UserChanges(name="Cy"), if_match='"1"')
    first = given(list_users.sync(client=CLIENT, limit=1))
    second = given(list_users.sync(client=CLIENT, limit=1, cursor=first.next_cursor))
    return {
        "sent": [each.to_dict() for each in changes],
        "changed": changed,
        "stale": refused.to_dict()["type"],
        "missing": get_user.sync("nothing", client=CLIENT).to_dict()["type"],
        "listed": [page.items[0].id for page in (first, second)],
    }


def imported() -> dict[str, object]:
    """Upload a file of one user and import it."""
    content = f"email,name\n{address()},Dee\n".encode()
    new = NewFile(name="users.csv", content_type=NewFileContentType.TEXTCSV, size_bytes=len(content))
    file = given(create_file.sync(client=CLIENT, body=new))
    form = file.upload
    with httpx.Client(verify=TRUSTED, timeout=60) as outside:
        sent = outside.post(form.url, data=form.fields.to_dict(), files={"file": ("users.csv", content)})
        sent.raise_for_status()
    for _ in range(TRIES):
        shown = given(get_file.sync(file.id, client=CLIENT))
        if shown.state != FileState.PENDING:
            break
        time.sleep(0.2)
    for _ in range(TRIES):
        started = request_import.sync(client=CLIENT, body=NewImport(file_id=file.id, target="users"))
        # The imports service learns of the file a moment later.
        if not isinstance(started, Problem) or started.status != HTTPStatus.NOT_FOUND:
            break
        time.sleep(0.2)
    started = given(started)
    for _ in range(TRIES):
        import_ = given(get_import.sync(started.id, client=CLIENT))
        if import_.status in {ImportStatus.COMPLETED, ImportStatus.FAILED, ImportStatus.CANCELLED}:
            break
        time.sleep(0.2)
    return {"file": shown.state.value, "import": import_.status.value, "rows_written": import_.rows_written}


sys.stdout.write(json.dumps(users() | imported()))
