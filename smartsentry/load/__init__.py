"""Load own data: read files as a mapping says, accept or reject each row."""
