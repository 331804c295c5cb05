"""The command `loadcell`."""
