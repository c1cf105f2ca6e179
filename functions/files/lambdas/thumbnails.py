"""The thumbnails of files: takes what was accepted; the one function whose bundle has Pillow."""

from functions.files.drawing import draw
from functions.files.wiring import thumbnailing
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(thumbnailing(draw).make)
