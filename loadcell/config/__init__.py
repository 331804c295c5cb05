"""Looking at the settings of a process without starting it: `loadcell config check`."""
