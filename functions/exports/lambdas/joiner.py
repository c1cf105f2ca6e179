"""The joiner of exports: consumes the events of written and of ended exports."""

from functions.exports.wiring import part_joiner
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(part_joiner().consume)
