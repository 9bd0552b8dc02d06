"""Push of an exported folder to a data set on the Hugging Face Hub (`factory push`), in one commit."""
