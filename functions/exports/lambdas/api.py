"""The HTTP function of exports."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.exports.routes import router
from functions.exports.wiring import prepare
from functions.shared.http.application import create_app, lambda_handler

app = create_app(
    "exports",
    title="Exports",
    description="Exports: users or activity as newline-delimited JSON, for download.",
    router=router,
)
handler = lambda_handler(app, prepare=prepare)
