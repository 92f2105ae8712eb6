"""The engine by itself: no server, no sockets, and mostly no database."""
