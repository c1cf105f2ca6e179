"""The HTTP function of operations."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.operations.routes import router
from functions.operations.wiring import prepare
from functions.shared.http.application import create_app, lambda_handler

app = create_app(
    "operations",
    title="Operations",
    description="The deployments, incidents and KPIs of the platform, from the events of AWS itself.",
    router=router,
)
handler = lambda_handler(app, prepare=prepare)
