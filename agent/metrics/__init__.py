"""What an agent tells Prometheus of itself."""
