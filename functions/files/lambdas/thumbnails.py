"""The thumbnails of files: draws accepted images; only this function's bundle contains Pillow."""

from functions.files.drawing_process import draw_apart
from functions.files.wiring import thumbnailer
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(thumbnailer(draw_apart).make)
