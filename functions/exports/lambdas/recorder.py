"""The recorder of exports: takes new parts."""

from functions.exports.wiring import recording
from functions.shared.messaging.new_objects import new_object_handler

handler = new_object_handler(recording().record)
