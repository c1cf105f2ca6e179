"""The HTTP function of users."""

from functions.shared.application import create_app, lambda_handler
from functions.users.routes import router

app = create_app(
    "users",
    title="Users",
    description="Accounts: a unique e-mail address, a name, active or not.",
    router=router,
)
handler = lambda_handler(app)
