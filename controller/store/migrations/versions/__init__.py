"""One file a change of the tables, named by date and purpose."""
