"""Realistic data for each service: one module per service, with the service's name.

A module has `COUNT` (the number of lives for each size) and `life` (which returns the life of a number). A life uses
only the public API. A module without its service is skipped. Modules run in the order of their names.
"""
