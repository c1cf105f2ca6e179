"""The embedded AWS: MiniStack, run in-process with small extensions that each close one gap.

It runs in a virtual environment of its own and imports nothing else of the project.
"""
