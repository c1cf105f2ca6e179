"""The recorder of exports: consumes the notifications of new parts."""

from functions.exports.wiring import part_recorder
from functions.shared.messaging.new_objects import new_object_handler

handler = new_object_handler(part_recorder().record)
