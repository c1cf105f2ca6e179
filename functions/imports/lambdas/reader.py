"""The reader of imports: publishes the rows of uploaded files in chunks."""

from functions.imports.bucket import FilesBucket
from functions.imports.reading import ImportReader
from functions.imports.wiring import import_objects, import_service, import_store
from functions.shared.aws.s3 import s3_client
from functions.shared.aws.settings import setting
from functions.shared.messaging.consumer import consumer_handler

files = FilesBucket(setting("FILES_BUCKET_NAME"), s3=s3_client())
handler = consumer_handler(ImportReader(import_store(), files, import_objects(), import_service()).consume)
