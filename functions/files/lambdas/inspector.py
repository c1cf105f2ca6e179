"""The inspector of files: inspects new uploads."""

from functions.files.wiring import inspector
from functions.shared.messaging.new_objects import new_object_handler

handler = new_object_handler(inspector().inspect)
