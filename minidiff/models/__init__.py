"""Models: recipes that are trained, weights with a card, and what they make."""
