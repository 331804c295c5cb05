"""Decides which agent does what and when: one driver for each active run."""
