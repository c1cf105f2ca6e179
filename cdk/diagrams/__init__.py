"""The diagrams of the platform, drawn from the synthesized templates."""
