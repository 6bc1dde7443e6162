"""The recipe that made the built-in model: draw a small world, learn its pictures, learn to paint them from words."""
