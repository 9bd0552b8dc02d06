"""Export of runs (`factory export`): flat data sets for trainers and data hubs, in one pass over the records."""
