"""The joiner of exports: takes what is written, and what is over."""

from functions.exports.wiring import joining
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(joining().go_on)
