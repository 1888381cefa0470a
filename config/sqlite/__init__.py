"""Django's SQLite backend with one fair queue of writers in front of the write lock (docs/adr, "one writer queue")."""
