"""What a training leaves: checked against its base, sealed, published; reward models read and asked."""
