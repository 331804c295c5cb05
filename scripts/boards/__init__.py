"""The boards of Grafana, written in Python: `make boards` makes deploy/grafana/boards/ of them.

A module each; `panels` knows how a panel looks, `layout` how a board is put together.
"""
