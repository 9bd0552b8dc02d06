"""`factory push`: an exported folder to a data set on the Hugging Face Hub, in one commit."""
