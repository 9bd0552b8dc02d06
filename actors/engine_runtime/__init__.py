"""What engines share: their child processes, the hardware, token offsets, which weights answer."""
