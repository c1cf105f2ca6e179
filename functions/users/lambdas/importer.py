"""The importer of users: imports the rows of chunks."""

from functions.shared.aws.s3 import s3_client
from functions.shared.aws.settings import setting
from functions.shared.messaging.consumer import consumer_handler
from functions.users.bucket import ChunkObjects
from functions.users.bulk import BulkImport
from functions.users.bulk_repository import BulkUserRepository

chunks = ChunkObjects(setting("IMPORTS_BUCKET_NAME"), s3=s3_client())
handler = consumer_handler(BulkImport(BulkUserRepository(), chunks).take)
