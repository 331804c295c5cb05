"""Where load may be aimed: rules over hosts, addresses and ports. No I/O; whoever dials asks before."""
