"""The remover of files: takes deletions."""

from functions.files.wiring import removal
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(removal().remove)
