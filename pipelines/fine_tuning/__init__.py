"""One fine-tuning of a model: the training on Ray, what it is made from, and the lines a user reads about it."""
