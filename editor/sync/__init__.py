"""The sync engine: bytes in, bytes out.

`protocol`, `update` and `awareness` read what clients send, `room` decides about one document,
`journal` writes the log, `hub` keeps the open rooms of this process.
"""
