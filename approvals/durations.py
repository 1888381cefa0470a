"""How long each kind of stage takes, learned from the city's own finished ones. Pure."""
