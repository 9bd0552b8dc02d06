"""`factory export`: runs in, flat views for trainers and data hubs out, in one pass over the records."""
