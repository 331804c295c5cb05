"""Exports of traces: what is asked for becomes a file, written in the background and kept for a while."""
