"""The relay of files: publishes the outbox."""

from functions.shared.messaging.event_bus import relay_handler

handler = relay_handler()
