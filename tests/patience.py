"""How long tests wait for what must happen: on a machine of any speed only a failing test waits to the end."""

PATIENCE_SECONDS = 180.0
