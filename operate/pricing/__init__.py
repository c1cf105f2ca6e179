"""What an environment costs: its synthesized templates, priced from `operate/prices/` at an assumed load."""
