"""The measure of things: a FastAPI app with one route behind Mangum, as anybody would write it."""

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/empty/health")
async def health() -> dict[str, str]:
    """Tell that the service answers."""
    return {"status": "ok"}


handler = Mangum(app, lifespan="off")
