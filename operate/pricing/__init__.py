"""The rough monthly cost of an environment: its synthesized resources, list prices and an assumed load."""
