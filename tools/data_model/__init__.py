"""`docs/data-model.md`: diagrams of the tables from the PynamoDB models, access patterns and retention."""
