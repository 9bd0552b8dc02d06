"""Reading the user's files: opening them wherever they lie, finding the question and its gold answer in each row."""
