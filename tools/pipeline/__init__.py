"""The steps of the workflows in `.github/workflows/`, as commands that also run on a laptop."""
