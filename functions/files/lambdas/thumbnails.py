"""The thumbnails of files: draws accepted images; only this function's bundle contains Pillow."""

from functions.files.drawing import draw
from functions.files.wiring import thumbnailer
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(thumbnailer(draw).make)
