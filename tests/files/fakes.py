"""The store and the objects of files in memory."""

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from functions.files.domain import AcceptedObject, Declaration, File, Version
from functions.files.errors import FileNotFound, StaleFile, StorageFull, TooManyFiles
from functions.files.media_types import HEAD_BYTES
from functions.files.ports import ObjectHead, UploadForm
from functions.shared.aws.quotas import Usage
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event

if TYPE_CHECKING:
    from functions.files.ports import FileStore, ObjectStore, RequestSigner


class FakeFileStore:
    """The `FileStore` in memory; `events` contains the events written with the files."""

    def __init__(self, *, at_most: Usage = Usage(items=1000, size_bytes=10**12)) -> None:  # noqa: B008 - frozen
        self.at_most = at_most
        self.files: dict[str, File] = {}
        self.versions: dict[tuple[str, int], Version] = {}
        self.events: list[Event] = []

    def add(self, file: File) -> None:
        self._check_quota(file)
        self.files[file.file_id] = file
        self.versions[file.file_id, file.current.number] = file.current

    def replace(self, before: File, after: File, version: Version, event: Event | None = None) -> None:
        self._check(before)
        if after.stored_bytes > before.stored_bytes:
            self._check_quota(after)
        self.files[after.file_id] = after
        self.versions[after.file_id, version.number] = version
        self.events += [event] if event else []

    def remove(self, file: File, event: Event) -> None:
        self._check(file)
        del self.files[file.file_id]
        self.events.append(event)

    def forget_version(self, file_id: str, number: int) -> None:
        self.versions.pop((file_id, number), None)

    def get(self, file_id: str) -> File:
        try:
            return self.files[file_id]
        except KeyError:
            raise FileNotFound from None

    def get_version(self, file_id: str, number: int) -> Version:
        try:
            return self.versions[file_id, number]
        except KeyError:
            raise FileNotFound from None

    def get_versions(self, file_id: str, numbers: Sequence[int]) -> Sequence[Version]:
        return [self.versions[file_id, number] for number in numbers if (file_id, number) in self.versions]

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[File]:
        found = [
            file
            for file_id, file in sorted(self.files.items())
            if restricted_to in (None, file.owner) and (after is None or file_id > after)
        ]
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].file_id if more else None)

    def _check_quota(self, file: File) -> None:
        others = [each for each in self.files.values() if each.owner == file.owner and each.file_id != file.file_id]
        if len(others) >= self.at_most.items:
            raise TooManyFiles(self.at_most.items)
        if sum(each.stored_bytes for each in others) + file.stored_bytes > self.at_most.size_bytes:
            raise StorageFull(self.at_most.size_bytes)

    def _check(self, file: File) -> None:
        stored = self.files.get(file.file_id)
        if stored is None or stored.version != file.version:
            raise StaleFile


class FakeObjects:
    """The `ObjectStore` and `RequestSigner` in memory: a key holds its versions, the newest last; None hides it.

    `meanwhile` runs during each copy; each removal raises `fails_to_remove` if it is set.
    """

    def __init__(self) -> None:
        self.kept: dict[str, list[tuple[str, bytes | None]]] = {}
        self.content_types: dict[str, str] = {}
        self.meanwhile: Callable[[], None] = lambda: None
        self.fails_to_remove: type[Exception] | None = None

    def put(self, key: str, content: bytes | None) -> str:
        """Put an object as a client does with a form; return its version."""
        version = uuid4().hex
        self.kept.setdefault(key, []).append((version, content))
        return version

    def current(self, key: str) -> bytes | None:
        """Return the current content of the key, if any."""
        versions = self.kept.get(key)
        return versions[-1][1] if versions else None

    def read_head(self, key: str, object_version: str) -> ObjectHead:
        content = self.read(key, object_version)
        return ObjectHead(size_bytes=len(content), head=content[:HEAD_BYTES])

    def accept(self, key: str, object_version: str, *, target: str, content_type: str) -> AcceptedObject:
        self.meanwhile()
        if self.current(target) is None:
            self.put(target, self.read(key, object_version))
            self.content_types[target] = content_type
        version, content = self.kept[target][-1]
        assert content is not None
        digest = hashlib.sha256(content).hexdigest()
        return AcceptedObject(bucket="files", key=target, object_version=version, checksum_sha256=digest)

    def read(self, key: str, object_version: str) -> bytes:
        content = dict(self.kept[key])[object_version]
        assert content is not None
        return content

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        self.put(key, content)
        self.content_types[key] = content_type

    def remove(self, key: str, object_version: str | None = None) -> None:
        if self.fails_to_remove:
            raise self.fails_to_remove
        if object_version is None:
            self.put(key, None)
        else:
            self.kept[key] = [each for each in self.kept.get(key, []) if each[0] != object_version]

    def upload_form(self, key: str, declaration: Declaration, *, expires_in_s: int) -> UploadForm:
        fields = {"key": key, "Content-Type": declaration.content_type}
        return UploadForm(url=f"https://s3.test/?expires={expires_in_s}", fields=fields)

    def download_url(self, key: str, *, object_version: str, file_name: str, expires_in_s: int) -> str:
        return f"https://s3.test/{key}?versionId={object_version}&name={file_name}&expires={expires_in_s}"

    def image_url(self, key: str, *, expires_in_s: int) -> str:
        return f"https://s3.test/{key}?expires={expires_in_s}"


if TYPE_CHECKING:
    _: FileStore = FakeFileStore()
    __: ObjectStore = FakeObjects()
    ___: RequestSigner = FakeObjects()
