"""What is done to one question from start to record, and how a question is taken up again from its record."""
