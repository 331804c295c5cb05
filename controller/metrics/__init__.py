"""What a controller tells Prometheus, beside the runs: those are told by the gateway."""
