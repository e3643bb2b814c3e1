"""Protocol decoding without I/O: bytes and JSON in, the model out."""
