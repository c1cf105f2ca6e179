"""The CDK app: an environment's name in, stacks out; it calls nobody, neither AWS nor a package index."""

import sys

from cdk.bundle import build_bundles
from cdk.bundle_archive import BundleError
from cdk.configuration_error import ConfigurationError
from cdk.environment import load_environment
from cdk.gateway.image import build_image_folder
from cdk.network import GATEWAY
from cdk.platform import add_stacks, make_app
from cdk.services import load_manifests


def main() -> None:
    """Synthesize the environment that `-c environment=<name>` names."""
    app = make_app()
    try:
        environment = load_environment(app.node.try_get_context("environment"))
        # The laptop's port is chosen when the platform starts.
        if origin := app.node.try_get_context("origin"):
            environment = environment.served_at(origin)
        manifests = load_manifests()
        bundles = build_bundles(manifests, architecture=environment.architecture)
        # A laptop runs Traefik as a program.
        image = None if GATEWAY in environment.left_out else build_image_folder(environment, manifests)
        add_stacks(app, environment, manifests, bundles, image)
    except (BundleError, ConfigurationError) as error:
        sys.exit(f"{error}")
    app.synth()


if __name__ == "__main__":
    main()
