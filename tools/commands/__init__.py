"""What the `factory` commands ask and print, one file per command."""
