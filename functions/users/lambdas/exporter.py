"""The exporter of users: writes the requested parts of exports."""

from functions.shared.aws.settings import setting, setting_value
from functions.shared.exporting import PartObjects, export_handler
from functions.users.exporting import UserLines
from functions.users.repository import UserRepository

handler = export_handler(
    "users",
    UserLines(UserRepository()).read,
    PartObjects(setting("EXPORTS_BUCKET_NAME")),
    part_mib=setting_value("export_part_mib"),
)
