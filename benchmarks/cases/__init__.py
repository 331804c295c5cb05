"""The cases, one a file; each has `async def measure(sizes) -> list[Figure]`."""
