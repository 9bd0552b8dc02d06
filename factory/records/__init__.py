"""The record: one row per question, its Arrow schema, the rules every row keeps, and what differs between two rows."""
