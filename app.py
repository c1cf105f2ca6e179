"""The CDK app: turns an environment's name into stacks, without a call to AWS or a package index."""

import sys

from cdk.app_stacks import add_stacks, make_app
from cdk.bundles.bundle import build_bundles
from cdk.bundles.bundle_archive import BundleError
from cdk.bundles.release_check import build_release_checks
from cdk.gateway.image import build_image_folder
from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from cdk.shared_stacks.network import GATEWAY


def main() -> None:
    """Synthesize the environment that `-c environment=<name>` names."""
    app = make_app()
    try:
        environment = load_environment(app.node.try_get_context("environment"))
        # On a laptop, the port is known only when the platform starts.
        if origin := app.node.try_get_context("origin"):
            environment = environment.served_at(origin)
        manifests = load_manifests()
        bundles = build_bundles(manifests, architecture=environment.architecture)
        if environment.canary:
            bundles |= build_release_checks(manifests, architecture=environment.architecture)
        # A laptop runs Traefik as a process, without an image.
        image = None if GATEWAY in environment.left_out else build_image_folder(environment, manifests)
        add_stacks(app, environment, manifests, bundles, image)
    except (BundleError, ConfigurationError) as error:
        sys.exit(f"{error}")
    app.synth()


if __name__ == "__main__":
    main()
