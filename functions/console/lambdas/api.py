"""The function of the console: pages for people, and one route for scripts."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.console.entrance import add_entrance
from functions.console.pages import answer_with_pages
from functions.console.routes import router
from functions.console.session import SessionCookie
from functions.console.wiring import prepare
from functions.shared.http.application import create_app, lambda_handler

app = create_app(
    "console",
    title="Console",
    description="The operations console: pages on services, alarms, deployments and KPIs.",
    router=router,
)
app.add_middleware(SessionCookie)
answer_with_pages(app)
add_entrance(app)
handler = lambda_handler(app, prepare=prepare)
