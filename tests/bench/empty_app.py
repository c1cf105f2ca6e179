"""The baseline: a plain FastAPI app with one route behind Mangum."""

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/empty/health")
async def health() -> dict[str, str]:
    """Answer that the service runs."""
    return {"status": "ok"}


handler = Mangum(app, lifespan="off")
