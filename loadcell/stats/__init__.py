"""Pure metric math: arrays in, numbers out. No I/O, no clock, no framework."""
