"""Two servers of the Model Context Protocol: one reads, one proposes; both offer exactly what people approved."""

from diapason.faces.mcp.serving import serve_http, serve_stdio, server_of

__all__ = ["serve_http", "serve_stdio", "server_of"]
