"""Traefik's configuration, generated from the services' manifests for the laptop and for AWS."""
