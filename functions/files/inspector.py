"""The inspector of files: takes new uploads."""

from functions.files.wiring import inspection
from functions.shared.new_objects import new_object_handler

handler = new_object_handler(inspection().inspect)
