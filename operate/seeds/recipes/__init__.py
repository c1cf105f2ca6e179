"""Believable data for a service, a module each, named as the service: what its clients would have sent by now.

A module has `COUNT`, how many lives each size has, and `life`, which lives one of them through the public API. It
knows nothing else of the service, so that a module whose service is not there is passed over, and one whose service
is, is found by its name alone. Modules run in the order of their names.
"""
