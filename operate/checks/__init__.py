"""What `doctor` looks at before a first deployment."""
