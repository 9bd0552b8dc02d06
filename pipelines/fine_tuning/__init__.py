"""Parts of a fine-tuning: the training on Ray, the job it is asked for by, and the lines a user reads about it."""
