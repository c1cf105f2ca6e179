"""What the services keep: `docs/data-model.md`, drawn from the models and measured on the repositories."""
