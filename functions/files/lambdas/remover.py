"""The remover of files: removes the objects and versions of deleted files."""

from functions.files.wiring import remover
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(remover().remove)
