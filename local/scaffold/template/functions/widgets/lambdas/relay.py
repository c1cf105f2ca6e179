"""The relay of widgets: from the table's stream to the bus."""

from functions.shared.messaging.event_bus import relay_handler

handler = relay_handler()
