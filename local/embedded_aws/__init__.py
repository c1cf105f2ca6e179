"""The embedded AWS: MiniStack in one process, with small extensions that each close one gap.

It runs in its own virtual environment and imports nothing else of the project. A folder holds the extensions of one AWS
service; `catalogue.py` finds them by their `EXTENSION`.
"""
