"""The formats of files, without I/O of their own: rows of values go into a sink of bytes."""
