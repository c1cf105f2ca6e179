"""What can be done with files."""

from functions.files.domain import (
    Declared,
    File,
    Version,
    accepted_key,
    add_version,
    create_file,
    deletion_of,
    incoming_key,
    thumbnail_key,
)
from functions.files.errors import FileNotFound, StaleVersion, TooManyVersions
from functions.files.objects import SignedRequests, UploadForm
from functions.files.store import FileStore, change
from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id

# A version takes a little of the deletion's time, and of an answer: hundreds would be used for something else.
VERSIONS_MAX = 100
# A form is checked when its upload begins, so a slow upload may last longer.
UPLOAD_EXPIRES_IN_S = 15 * 60
DOWNLOAD_EXPIRES_IN_S = 5 * 60


class FileService:
    """The use cases of files; `owner` restricts each to what is theirs, None to nothing."""

    def __init__(self, store: FileStore, signed: SignedRequests) -> None:
        self._store = store
        self._signed = signed

    def create(self, *, owner: str, name: str, declared: Declared) -> File:
        """Create a file that is yet to be uploaded."""
        file = create_file(owner=owner, name=name, declared=declared)
        self._store.add(file)
        return file

    def add_version(self, file_id: str, declared: Declared, *, owner: str | None) -> tuple[File, Version]:
        """Begin another version of a file, which takes the place of the present one once it is available.

        Raises:
            FileNotFound: There is no such file.
            TooManyVersions: It has as many as it can have.
            Unavailable: Others kept changing the file at the same time.
        """
        self.get(file_id, owner=owner)
        added: list[tuple[File, Version]] = []

        def attempt(file: File) -> None:
            if file.latest >= VERSIONS_MAX:
                raise TooManyVersions(VERSIONS_MAX)
            after, version = add_version(file, declared)
            self._store.replace(file, after, version)
            added.append((after, version))

        change(self._store, file_id, attempt)
        return added[-1]

    def get(self, file_id: str, *, owner: str | None) -> File:
        """Return a file.

        Raises:
            FileNotFound: There is none with this id, or it is somebody else's.
        """
        if not is_id(file_id):
            raise FileNotFound
        file = self._store.get(file_id)
        if owner not in (None, file.owner):
            raise FileNotFound
        return file

    def get_version(self, file_id: str, number: int, *, owner: str | None) -> tuple[File, Version]:
        """Return a file and one of its versions.

        Raises:
            FileNotFound: There is no such file, or no such version.
        """
        file = self.get(file_id, owner=owner)
        return file, self._store.get_version(file_id, number)

    def list_page(self, *, owner: str | None, limit: int, after: str | None) -> Page[File]:
        """Return at most `limit` files, oldest first, from after the position on."""
        return self._store.list_page(owner=owner, limit=limit, after=after)

    def list_versions(
        self, file_id: str, *, owner: str | None, limit: int, after: str | None
    ) -> tuple[File, Page[Version]]:
        """Return a file and at most `limit` of its versions, newest first, from after the position on.

        Raises:
            FileNotFound: There is no such file.
        """
        file = self.get(file_id, owner=owner)
        newest = int(after) - 1 if after else file.latest
        numbers = range(newest, max(newest - limit, 0), -1)
        versions = self._store.get_versions(file_id, numbers)
        more = newest > limit
        return file, Page(items=versions, next_position=str(numbers[-1]) if more else None)

    def delete(self, file_id: str, *, owner: str | None, versions: frozenset[int] | None) -> None:
        """Delete a file that is at one of these versions; None means at any.

        Raises:
            FileNotFound: There is no such file.
            StaleVersion: It is at another version.
            Unavailable: Others kept changing the file at the same time.
        """
        self.get(file_id, owner=owner)

        def attempt(file: File) -> None:
            self._store.remove(file, deletion_of(file))

        if versions is None:
            change(self._store, file_id, attempt)
            return
        file = self._store.get(file_id)
        if file.version not in versions:
            raise StaleVersion
        attempt(file)

    def upload_form(self, file: File, version: Version) -> UploadForm | None:
        """Return the form that uploads a version; None where that is decided already."""
        if version.state != "pending":
            return None
        declared = Declared(
            content_type=version.content_type,
            size_bytes=version.size_bytes,
            checksum_sha256=version.checksum_sha256,
        )
        key = incoming_key(file.file_id, version.number)
        return self._signed.upload_form(key, declared, expires_in_s=UPLOAD_EXPIRES_IN_S)

    def download_url(self, file: File, version: Version) -> str | None:
        """Return where a version can be downloaded; None where it is not available."""
        if not version.object_version:
            return None
        return self._signed.download_url(
            accepted_key(file.file_id, version.number),
            object_version=version.object_version,
            file_name=file.name,
            expires_in_s=DOWNLOAD_EXPIRES_IN_S,
        )

    def thumbnail_url(self, file: File, version: Version) -> str | None:
        """Return where the thumbnail of a version can be looked at; None where there is none."""
        if version.thumbnail != "available":
            return None
        key = thumbnail_key(file.file_id, version.number)
        return self._signed.image_url(key, expires_in_s=DOWNLOAD_EXPIRES_IN_S)
