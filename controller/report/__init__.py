"""Computes result documents from stored samples."""
