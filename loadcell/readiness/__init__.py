"""Asking a process of this machine whether it is ready, from settings of its own: `python -m SERVICE health`.

An image asks every few seconds, so nothing is imported here that takes long: no gRPC, no logs.
"""
