"""Carries out deploy/Dockerfile without Docker: reads it, performs its steps, starts what it describes.

`python -m scripts.images OUT [TARGET ...]` builds the images as folders in OUT and starts each once.
"""
