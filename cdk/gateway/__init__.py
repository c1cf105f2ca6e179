"""Traefik's configuration, made from the services' manifests; the same for a laptop and for AWS."""
