"""The HTTP routes of files."""

from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Response, status

from functions.files.domain import File, Version
from functions.files.schemas import (
    CreatedFile,
    CreatedVersion,
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
from functions.shared.http.idempotency import key_of
from functions.shared.http.idempotency_key import IdempotencyKey
from functions.shared.http.lists import paged
from functions.shared.http.preconditions import entity_tag, versions_in
from functions.shared.problems import documented

router = guarded_router("files")

Service = Annotated[FileService, Depends(file_service)]
Number = Annotated[int, Path(ge=1, le=VERSIONS_MAX, description="The number of the version.")]
IfMatch = Annotated[str | None, Header(description="The ETag of the file that you have read.", examples=['"3"'])]
_ETAG = {"ETag": {"description": "The version of the file's record.", "schema": {"type": "string"}}}
_CREATED: dict[int | str, dict[str, Any]] = {
    201: {
        "headers": {
            "Location": {"description": "The path of the new resource.", "schema": {"type": "string"}},
            "Idempotency-Replayed": {
                "description": "`true` if an earlier request with this key created the resource.",
                "schema": {"type": "string"},
            },
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
    """Create a file and get its upload form. The file is available once its upload has been inspected."""
    new: list[File] = []

    def create(_token: str | None) -> CreatedFile:
        new.append(service.create(owner=caller.subject, name=body.name, declaration=body.to_domain()))
        return CreatedFile(file_id=new[0].file_id)

    key = key_of(caller, idempotency_key)
    requests = idempotent_requests("create")
    made = requests.answer(create, CreatedFile, key=key, body=body, response=response)
    # A replay shows the file as it is now.
    file = new[0] if new else service.get(made.file_id, restricted_to=caller.restricted_to)
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
    """List your files, or as an administrator all files, oldest first. Every page costs the same."""
    filters = {"owner": caller.restricted_to}
    list_page = partial(service.list_page, restricted_to=caller.restricted_to)
    return paged(list_page, query, cursors, filters=filters, into=FilePage, item=FileAnswer.of_file)


@router.get("/{file_id}", responses={200: {"headers": _ETAG}, **documented(404, 503)})
@access(member="own")
async def get_file(file_id: str, response: Response, service: Service, caller: CallerOf) -> FileDetails:
    """Get a file, with a download URL that is valid for five minutes."""
    return _file_details(service, service.get(file_id, restricted_to=caller.restricted_to), response)


@router.delete(
    "/{file_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=documented(400, 404, 412, 503),
)
@access(member="own")
async def delete_file(file_id: str, service: Service, caller: CallerOf, if_match: IfMatch = None) -> None:
    """Delete a file with all its versions. Their content is immediately inaccessible, and erased after 30 days."""
    service.delete(file_id, restricted_to=caller.restricted_to, versions=versions_in(if_match))


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
    """Add a version and get its upload form. The current version stays until the new one is available."""

    def create(_token: str | None) -> CreatedVersion:
        _, version = service.add_version(file_id, body.to_domain(), restricted_to=caller.restricted_to)
        return CreatedVersion(number=version.number)

    key = key_of(caller, idempotency_key, file_id)
    requests = idempotent_requests("create_version")
    made = requests.answer(create, CreatedVersion, key=key, body=body, response=response)
    file, version = service.get_version(file_id, made.number, restricted_to=caller.restricted_to)
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
    list_page = partial(service.list_versions, file_id, restricted_to=caller.restricted_to)
    return paged(list_page, query, cursors, filters=filters, into=VersionPage, item=VersionAnswer.of)


@router.get("/{file_id}/versions/{number}", responses={200: {"headers": _ETAG}, **documented(404, 422, 503)})
@access(member="own")
async def get_version(
    file_id: str, number: Number, response: Response, service: Service, caller: CallerOf
) -> VersionDetails:
    """Get a version of a file, with a download URL that is valid for five minutes."""
    file, version = service.get_version(file_id, number, restricted_to=caller.restricted_to)
    return _version_details(service, file, version, response)


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
    # The signed URLs work for anyone who reads them from a cache, so the entity tag must not let a client keep them.
    response.headers["Cache-Control"] = "no-store"
    form = service.upload_form(file, version) if upload else None
    return {
        "upload": UploadAnswer.of(form, expires_in_s=UPLOAD_EXPIRES_IN_S) if form else None,
        "download": LinkAnswer.of(service.download_url(file, version), expires_in_s=DOWNLOAD_EXPIRES_IN_S),
        "thumbnail_link": LinkAnswer.of(service.thumbnail_url(file, version), expires_in_s=DOWNLOAD_EXPIRES_IN_S),
    }
