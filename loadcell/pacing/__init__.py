"""When requests are due, as pure functions: no clock, no sleep, no I/O."""
