"""The relay of users: publishes the events of the table's outbox."""

from functions.shared.messaging.event_bus import relay_handler

handler = relay_handler()
