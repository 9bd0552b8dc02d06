"""Self-training without a clock or a disk: candidates, leak filter, preference pairs, teachers, stop rules."""
