"""What is seen of a run on a terminal while it goes on: what is shown (pure), and the drawing of it."""
