"""The inspector of files: takes new uploads."""

from functions.files.wiring import inspection
from functions.shared.messaging.new_objects import new_object_handler

handler = new_object_handler(inspection().inspect)
