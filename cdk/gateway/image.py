"""What the gateway's container image is built from: Traefik, the configuration of one environment, and trusted CAs.

Built from nothing but files that are locked by hash here: there is no base image, and in the container no shell, no
package and no library. `cdk deploy` builds and publishes it; only that needs Docker.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import certifi
import yaml

from cdk.bundles.wheels import GATEWAY_LOCK, install_wheels
from cdk.gateway import collector
from cdk.gateway.configuration import (
    WORKING_DIRECTORY,
    Listen,
    Upstream,
    dynamic_configuration,
    static_configuration,
)
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT

IMAGES = PROJECT / ".local" / "images"
# Above 1023, which whoever is not root may listen on.
HTTPS_PORT = 8443
# For the task alone: Traefik's insides, its metrics among them.
INTERNAL_ADDRESS = "127.0.0.1:8081"
# Nobody: the id that distroless images give to who is not root.
USER = "65532:65532"
STATIC_FILE, DYNAMIC_FILE = "traefik.yaml", "routes.yaml"
HOME = "/etc/traefik"
# The load balancer stops sending requests to a task that ends within its deregistration delay; until then the task
# takes them, and after that it still answers what it took.
DEREGISTRATION_DELAY_S = 30
ACCEPT_S = DEREGISTRATION_DELAY_S + 10
DRAIN_S = 60
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html: 120 at most on Fargate.
STOP_TIMEOUT_S = 115

DOCKERFILE = f"""\
FROM scratch
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY plugins-local {HOME}/plugins-local
COPY traefik /traefik
COPY {STATIC_FILE} {DYNAMIC_FILE} {HOME}/
WORKDIR {HOME}
USER {USER}
ENTRYPOINT ["/traefik"]
CMD ["--configFile={HOME}/{STATIC_FILE}"]
"""


def upstream_name(environment: Environment) -> str:
    """Return the name of the internal load balancer: of its certificate, and in the network's own zone."""
    return f"internal.{environment.domain}"


def configurations(environment: Environment, manifests: Sequence[Manifest]) -> Mapping[str, dict[str, Any]]:
    """Return what Traefik reads in the container, by file."""
    listen = Listen(
        # The load balancer redirects, so that nobody comes here.
        http="127.0.0.1:8080",
        https=f":{HTTPS_PORT}",
        internal=INTERNAL_ADDRESS,
        proxies=1,
        trusted_proxies=(environment.vpc_cidr,),
    )
    name = upstream_name(environment)
    return {
        STATIC_FILE: static_configuration(
            listen=listen,
            dynamic_file=Path(HOME, DYNAMIC_FILE),
            log_level=environment.log_level,
            accept_s=ACCEPT_S,
            drain_s=DRAIN_S,
        ),
        DYNAMIC_FILE: dynamic_configuration(
            environment,
            manifests,
            listen=listen,
            upstream=Upstream(url=f"https://{name}", host_header=name, server_name=name),
            # Traefik makes one for itself at its start: the load balancer in front encrypts, and looks at no name.
            certificate=None,
        ),
    }


def build_image_folder(environment: Environment, manifests: Sequence[Manifest], *, images: Path = IMAGES) -> Path:
    """Write the folder that the image is built from, unless it is there; it is named by a digest of what is in it.

    The image of the metrics sidecar is built from the folder `collector` in it.

    Raises:
        BundleError: Traefik was not fetched, or is not what was locked.
    """
    texts = {name: yaml.safe_dump(content) for name, content in configurations(environment, manifests).items()}
    texts["Dockerfile"] = DOCKERFILE
    measured = collector.collector_configuration(environment, scraped=INTERNAL_ADDRESS)
    texts[f"{collector.FOLDER}/{collector.CONFIGURATION_FILE}"] = yaml.safe_dump(measured)
    texts[f"{collector.FOLDER}/Dockerfile"] = collector.DOCKERFILE
    plugins = sorted(path for path in (WORKING_DIRECTORY / "plugins-local").rglob("*") if path.is_file())
    parts = [
        *map(str.encode, texts.values()),
        *(path.read_bytes() for path in (GATEWAY_LOCK, Path(certifi.where()), *plugins)),
    ]
    digest = hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:32]
    folder = images / f"gateway-{environment.name}-{digest}"
    if folder.is_dir():
        return folder
    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=images, prefix=".building-") as temporary:
        building = Path(temporary, "image")
        Path(building, collector.FOLDER).mkdir(parents=True)
        for name, text in texts.items():
            (building / name).write_text(text, encoding="utf-8")
        shutil.copytree(WORKING_DIRECTORY / "plugins-local", building / "plugins-local")
        shutil.copyfile(certifi.where(), building / "ca-certificates.crt")
        _install_traefik(building / "traefik", Path(temporary))
        if not folder.is_dir():
            building.replace(folder)
    return folder


def _install_traefik(target: Path, temporary: Path) -> None:
    # Fargate's arm64, as the functions have it.
    install_wheels(GATEWAY_LOCK, temporary / "wheel", architecture="arm64")
    shutil.move(temporary / "wheel" / "bin" / "traefik", target)
    target.chmod(0o755)
