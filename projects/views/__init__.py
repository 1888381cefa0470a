"""Pages of projects, enterprises and parks."""
