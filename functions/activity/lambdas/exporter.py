"""The exporter of activity: writes the requested parts of exports."""

from functions.activity.exporting import EntryLines
from functions.activity.repository import ActivityRepository
from functions.shared.aws.settings import setting, setting_value
from functions.shared.exporting import PartObjects, export_handler

handler = export_handler(
    "activity",
    EntryLines(ActivityRepository()).read,
    PartObjects(setting("EXPORTS_BUCKET_NAME")),
    part_mib=setting_value("export_part_mib"),
)
