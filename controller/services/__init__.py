"""The servicers: read the request, call, write the answer. Rules live elsewhere."""
