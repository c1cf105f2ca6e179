"""The use cases of files."""

from functions.files.changing import change
from functions.files.domain import (
    Declaration,
    File,
    Version,
    accepted_key,
    add_version,
    create_file,
    deletion_event,
    incoming_key,
    thumbnail_key,
)
from functions.files.errors import FileNotFound, TooManyVersions
from functions.files.ports import FileStore, RequestSigner, UploadForm
from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id

# Limits the time of a deletion and the size of an answer. No one is expected to need more versions of a file.
VERSIONS_MAX = 100
# S3 checks the expiry when the upload begins, so a slow upload can end later.
UPLOAD_EXPIRES_IN_S = 15 * 60
DOWNLOAD_EXPIRES_IN_S = 5 * 60


class FileService:
    """The use cases of files.

    The caller sees only the files of the owner `restricted_to`; None for callers who see all files.
    """

    def __init__(self, store: FileStore, signer: RequestSigner) -> None:
        self._store = store
        self._signer = signer

    def create(self, *, owner: str, name: str, declaration: Declaration) -> File:
        """Create a file that waits for its upload.

        Raises:
            TooManyFiles: The owner has as many files as the quota allows.
            StorageFull: The owner's files would have more bytes than the quota allows.
        """
        file = create_file(owner=owner, name=name, declaration=declaration)
        self._store.add(file)
        return file

    def add_version(self, file_id: str, declaration: Declaration, *, restricted_to: str | None) -> tuple[File, Version]:
        """Add a pending version, which replaces the current one once it is available.

        Raises:
            FileNotFound: There is no such file.
            TooManyVersions: The file has `VERSIONS_MAX` versions.
            StorageFull: The owner's files would have more bytes than the quota allows.
            Unavailable: Others kept changing the file at the same time.
        """
        self.get(file_id, restricted_to=restricted_to)

        def attempt(file: File) -> tuple[File, Version]:
            if file.latest >= VERSIONS_MAX:
                raise TooManyVersions(VERSIONS_MAX)
            others = self._store.get_versions(file_id, range(1, file.latest + 1))
            after, version = add_version(file, declaration, others=others)
            self._store.replace(file, after, version)
            return after, version

        return change(self._store, file_id, attempt)

    def get(self, file_id: str, *, restricted_to: str | None) -> File:
        """Return a file.

        Raises:
            FileNotFound: There is none with this id, or it belongs to another owner.
        """
        if not is_id(file_id):
            raise FileNotFound
        file = self._store.get(file_id)
        if restricted_to not in (None, file.owner):
            raise FileNotFound
        return file

    def get_version(self, file_id: str, number: int, *, restricted_to: str | None) -> tuple[File, Version]:
        """Return a file and one of its versions.

        Raises:
            FileNotFound: There is no such file, or no such version.
        """
        file = self.get(file_id, restricted_to=restricted_to)
        return file, self._store.get_version(file_id, number)

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[File]:
        """Return at most `limit` files after this position, oldest first."""
        return self._store.list_page(restricted_to=restricted_to, limit=limit, after=after)

    def list_versions(self, file_id: str, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Version]:
        """Return at most `limit` versions of a file after this position, newest first.

        Raises:
            FileNotFound: There is no such file.
        """
        file = self.get(file_id, restricted_to=restricted_to)
        newest = int(after) - 1 if after else file.latest
        numbers = range(newest, max(newest - limit, 0), -1)
        versions = self._store.get_versions(file_id, numbers)
        more = newest > limit
        return Page(items=versions, next_position=str(numbers[-1]) if more else None)

    def delete(self, file_id: str, *, restricted_to: str | None, versions: frozenset[int] | None) -> None:
        """Delete a file if it is at one of these versions; None for any version.

        Raises:
            FileNotFound: There is no such file.
            StaleFile: The file is at another version.
            Unavailable: Others kept changing the file at the same time.
        """
        self.get(file_id, restricted_to=restricted_to)

        def attempt(file: File) -> None:
            self._store.remove(file, deletion_event(file))

        change(self._store, file_id, attempt, versions=versions)

    def upload_form(self, file: File, version: Version) -> UploadForm | None:
        """Return the form that uploads a pending version; None for other versions."""
        if version.state != "pending":
            return None
        declaration = Declaration(
            content_type=version.content_type,
            size_bytes=version.size_bytes,
            checksum_sha256=version.checksum_sha256,
        )
        key = incoming_key(file.file_id, version.number)
        return self._signer.upload_form(key, declaration, expires_in_s=UPLOAD_EXPIRES_IN_S)

    def download_url(self, file: File, version: Version) -> str | None:
        """Return the URL that downloads an available version; None for other versions."""
        if not version.object_version:
            return None
        return self._signer.download_url(
            accepted_key(file.file_id, version.number),
            object_version=version.object_version,
            file_name=file.name,
            expires_in_s=DOWNLOAD_EXPIRES_IN_S,
        )

    def thumbnail_url(self, file: File, version: Version) -> str | None:
        """Return the URL of a version's thumbnail; None if there is no thumbnail."""
        if version.thumbnail != "available":
            return None
        key = thumbnail_key(file.file_id, version.number)
        return self._signer.image_url(key, expires_in_s=DOWNLOAD_EXPIRES_IN_S)
