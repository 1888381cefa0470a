"""Pages of visits, problems and supervision orders."""
