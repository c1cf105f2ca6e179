"""The HTTP function of files."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.files.routes import router
from functions.files.wiring import prepare
from functions.shared.http.application import create_app, lambda_handler

app = create_app(
    "files",
    title="Files",
    description="Files: uploaded to and downloaded from S3 by signed requests, and inspected before any download.",
    router=router,
)
handler = lambda_handler(app, prepare=prepare)
