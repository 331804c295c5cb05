"""Questions about traces, without I/O: what is asked becomes a tree of conditions, which the store compiles."""
