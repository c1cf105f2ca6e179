"""The relay of webhooks: publishes the outbox."""

from functions.shared.messaging.event_bus import relay_handler

handler = relay_handler()
