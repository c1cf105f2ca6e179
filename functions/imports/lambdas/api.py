"""The HTTP function of imports."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.imports.routes import router
from functions.imports.wiring import prepare
from functions.shared.http.application import create_app, lambda_handler

app = create_app(
    "imports",
    title="Imports",
    description="Bulk ingestion: the rows of uploaded CSV and NDJSON files become users.",
    router=router,
)
handler = lambda_handler(app, prepare=prepare)
