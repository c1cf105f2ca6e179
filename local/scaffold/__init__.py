"""`make service name=refunds`: a new service, copied from the one in `template/` under its own name.

The template is a whole, working service called `widgets`, so that it can be read, linted and tested like any other.
"""
