"""The OpenAPI documents, as the services' code makes them."""

import importlib
from collections.abc import Mapping
from typing import Any

from cdk.settings.manifests import load_manifests


def documents() -> Mapping[str, Any]:
    """Return the document of each service that has one."""
    services = [manifest.service for manifest in load_manifests() if manifest.http]
    return {service: importlib.import_module(f"functions.{service}.lambdas.api").app.openapi() for service in services}
