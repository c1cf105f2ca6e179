"""What an environment costs: its synthesized templates, priced from `operate/pricing/prices/` at an assumed load."""
