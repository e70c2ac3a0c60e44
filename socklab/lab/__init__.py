"""The engine: programs and their real sockets, the command language, automatic servers."""
