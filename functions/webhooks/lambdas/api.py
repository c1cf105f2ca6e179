"""The HTTP function of webhooks."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.shared.http.application import create_app, lambda_handler
from functions.webhooks.routes import router
from functions.webhooks.wiring import prepare

app = create_app(
    "webhooks",
    title="Webhooks",
    description="Subscriptions of outside systems to events, their deliveries, and the log of their attempts.",
    router=router,
)
handler = lambda_handler(app, prepare=prepare)
