"""The checks of `make doctor`: account settings that a deployment would reveal late, unclearly or not at all."""
