"""HTTP to the use cases of files, and back."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Response, status

from functions.files.domain import File, Version
from functions.files.schemas import (
    FileAnswer,
    FileDetails,
    FilePage,
    LinkAnswer,
    ListQuery,
    NewFile,
    NewVersion,
    UploadAnswer,
    VersionAnswer,
    VersionDetails,
    VersionPage,
)
from functions.files.service import DOWNLOAD_EXPIRES_IN_S, UPLOAD_EXPIRES_IN_S, VERSIONS_MAX, FileService
from functions.files.wiring import cursors, file_service, idempotent_requests
from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.http.bodies import json_only
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import IdempotencyKey, key_of
from functions.shared.http.preconditions import entity_tag, versions_in
from functions.shared.problems import documented

router = guarded_router("files")

Service = Annotated[FileService, Depends(file_service)]
Number = Annotated[int, Path(ge=1, le=VERSIONS_MAX, description="Of a version.")]
IfMatch = Annotated[str | None, Header(description="The ETag of the file as you have seen it.", examples=['"3"'])]
_ETAG = {"ETag": {"description": "The version of the file's record.", "schema": {"type": "string"}}}
_CREATED: dict[int | str, dict[str, Any]] = {
    201: {
        "headers": {
            "Location": {"description": "Where it is.", "schema": {"type": "string"}},
            "Idempotency-Replayed": {"description": "`true` on a replay.", "schema": {"type": "string"}},
            **_ETAG,
        }
    }
}


def file_cursors() -> Cursors:
    """Return the cursors of the list of files."""
    return cursors("files")


def version_cursors() -> Cursors:
    """Return the cursors of the list of versions."""
    return cursors("files.versions")


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    dependencies=[json_only],
    responses={**_CREATED, **documented(400, 404, 409, 413, 415, 422, 503)},
)
@access(member="own")
async def create_file(
    *,
    body: NewFile,
    response: Response,
    service: Service,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> FileDetails:
    """Create a file and get the form that uploads it. It is available once it was uploaded and inspected."""

    def create() -> Mapping[str, Any]:
        file = service.create(owner=caller.subject, name=body.name, declared=body.to_domain())
        return {"file_id": file.file_id}

    key = key_of(caller, idempotency_key)
    made = _once(create, "create", key=key, body=body.model_dump(), response=response)
    file = service.get(made["file_id"], owner=caller.restricted_to)
    response.headers["Location"] = f"/files/{file.file_id}"
    return _file_details(service, file, response, upload=True)


@router.get("", responses=documented(400, 422, 503))
@access(member="own")
async def list_files(
    query: Annotated[ListQuery, Query()],
    service: Service,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(file_cursors)],
) -> FilePage:
    """List the files that you see, oldest first. A page costs the same whatever the number of files."""
    filters = {"owner": caller.restricted_to}
    after = cursors.open(query.cursor, query=filters) if query.cursor is not None else None
    page = service.list_page(owner=caller.restricted_to, limit=query.limit, after=after)
    next_cursor = cursors.seal(page.next_position, query=filters) if page.next_position else None
    return FilePage(items=[FileAnswer.of_file(file) for file in page.items], next_cursor=next_cursor)


@router.get("/{file_id}", responses={200: {"headers": _ETAG}, **documented(404, 503)})
@access(member="own")
async def get_file(file_id: str, response: Response, service: Service, caller: CallerOf) -> FileDetails:
    """Get a file, with an address to download it from for five minutes."""
    return _file_details(service, service.get(file_id, owner=caller.restricted_to), response)


@router.delete(
    "/{file_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=documented(400, 404, 412, 503),
)
@access(member="own")
async def delete_file(file_id: str, service: Service, caller: CallerOf, if_match: IfMatch = None) -> None:
    """Delete a file with all its versions. Their content cannot be got from then on; it is gone 30 days later."""
    service.delete(file_id, owner=caller.restricted_to, versions=versions_in(if_match))


@router.post(
    "/{file_id}/versions",
    status_code=status.HTTP_201_CREATED,
    dependencies=[json_only],
    responses={**_CREATED, **documented(400, 404, 409, 413, 415, 422, 503)},
)
@access(member="own")
async def create_version(
    *,
    file_id: str,
    body: NewVersion,
    response: Response,
    service: Service,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> VersionDetails:
    """Begin another version and get the form that uploads it. The file stays as it is until that is available."""

    def create() -> Mapping[str, Any]:
        _, version = service.add_version(file_id, body.to_domain(), owner=caller.restricted_to)
        return {"number": version.number}

    key = key_of(caller, idempotency_key, file_id)
    made = _once(create, "create_version", key=key, body=body.model_dump(), response=response)
    file, version = service.get_version(file_id, int(made["number"]), owner=caller.restricted_to)
    response.headers["Location"] = f"/files/{file_id}/versions/{version.number}"
    return _version_details(service, file, version, response, upload=True)


@router.get("/{file_id}/versions", responses=documented(400, 404, 422, 503))
@access(member="own")
async def list_versions(
    file_id: str,
    query: Annotated[ListQuery, Query()],
    service: Service,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(version_cursors)],
) -> VersionPage:
    """List the versions of a file, newest first."""
    filters = {"file_id": file_id}
    after = cursors.open(query.cursor, query=filters) if query.cursor is not None else None
    _, page = service.list_versions(file_id, owner=caller.restricted_to, limit=query.limit, after=after)
    next_cursor = cursors.seal(page.next_position, query=filters) if page.next_position else None
    return VersionPage(items=[VersionAnswer.of(version) for version in page.items], next_cursor=next_cursor)


@router.get("/{file_id}/versions/{number}", responses={200: {"headers": _ETAG}, **documented(404, 422, 503)})
@access(member="own")
async def get_version(
    file_id: str, number: Number, response: Response, service: Service, caller: CallerOf
) -> VersionDetails:
    """Get a version of a file, with an address to download it from for five minutes."""
    file, version = service.get_version(file_id, number, owner=caller.restricted_to)
    return _version_details(service, file, version, response)


def _once(
    effect: Callable[[], Mapping[str, Any]],
    operation: str,
    *,
    key: str | None,
    body: Mapping[str, Any],
    response: Response,
) -> Mapping[str, Any]:
    """Run a creation, or return what it returned for the key before: an id alone, for forms are made anew."""
    if not key:
        return effect()
    made, replayed = idempotent_requests(operation).once(effect, key=key, body=body)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return made


def _file_details(service: FileService, file: File, response: Response, *, upload: bool = False) -> FileDetails:
    shown = FileAnswer.of_file(file).model_dump()
    return FileDetails.model_validate(shown | _links(service, file, file.current, response, upload=upload))


def _version_details(
    service: FileService, file: File, version: Version, response: Response, *, upload: bool = False
) -> VersionDetails:
    shown = VersionAnswer.of(version).model_dump()
    return VersionDetails.model_validate(shown | _links(service, file, version, response, upload=upload))


def _links(service: FileService, file: File, version: Version, response: Response, *, upload: bool) -> dict[str, Any]:
    response.headers["ETag"] = entity_tag(file.version)
    # Whoever finds the answer in a cache could use what is signed in it.
    response.headers["Cache-Control"] = "no-store"
    form = service.upload_form(file, version) if upload else None
    return {
        "upload": UploadAnswer.of(form, expires_in_s=UPLOAD_EXPIRES_IN_S) if form else None,
        "download": LinkAnswer.of(service.download_url(file, version), expires_in_s=DOWNLOAD_EXPIRES_IN_S),
        "thumbnail_link": LinkAnswer.of(service.thumbnail_url(file, version), expires_in_s=DOWNLOAD_EXPIRES_IN_S),
    }
