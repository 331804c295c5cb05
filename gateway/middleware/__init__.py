"""What happens to every HTTP request before and after its route, one concern a file, in the order of app.py."""
