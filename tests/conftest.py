"""Nothing is asserted about the speed of the machine, so no example of a property has a deadline."""

from hypothesis import settings

settings.register_profile("loadcell", deadline=None)
settings.load_profile("loadcell")
