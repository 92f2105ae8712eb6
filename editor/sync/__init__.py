"""The sync engine: bytes in, bytes out.

`protocol`, `update` and `awareness` read what clients send, `frontier` says what of it may follow,
`room` decides about one document, `journal` writes the log, `hub` keeps the open rooms of this
process.
"""
