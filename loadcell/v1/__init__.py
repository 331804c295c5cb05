"""Generated stubs of the contract in protos/loadcell/v1; never edited by hand."""
