"""What is done to finished run folders: validate, merge, diff, import."""
