"""What happens, told to those who subscribed: what may be told, to whom it fits, and the way between."""
