"""The HTTP function of activity."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.activity.routes import router
from functions.activity.wiring import prepare
from functions.shared.http.application import create_app, lambda_handler

app = create_app(
    "activity",
    title="Activity",
    description="The domain events of all services, by subject and time.",
    router=router,
)
handler = lambda_handler(app, prepare=prepare)
