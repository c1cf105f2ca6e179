"""The OpenAPI documents of the services, made by their own code."""

import importlib
from collections.abc import Mapping
from typing import Any

from cdk.settings.manifests import load_manifests


def documents() -> Mapping[str, Any]:
    """Return the OpenAPI document of each service with routes, by the service's name."""
    services = [manifest.service for manifest in load_manifests() if manifest.http]
    return {service: importlib.import_module(f"functions.{service}.lambdas.api").app.openapi() for service in services}
