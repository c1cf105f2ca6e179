"""The HTTP function of widgets."""

import functions.shared.http.fast_start  # noqa: F401 - must be the first import: see its docstring

# isort: split
from functions.shared.http.application import create_app, lambda_handler
from functions.widgets.routes import router
from functions.widgets.wiring import prepare

app = create_app("widgets", title="Widgets", description="Widgets.", router=router)
handler = lambda_handler(app, prepare=prepare)
