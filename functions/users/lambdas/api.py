"""The HTTP function of users."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.shared.http.application import create_app, lambda_handler
from functions.users.routes import router
from functions.users.wiring import prepare

app = create_app(
    "users",
    title="Users",
    description="Accounts: a unique e-mail address, a name, active or not.",
    router=router,
)
handler = lambda_handler(app, prepare=prepare)
