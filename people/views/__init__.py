"""Pages of people: account, accounts and departments, grants, audit log, feedback."""
