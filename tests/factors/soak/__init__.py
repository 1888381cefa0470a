"""Many processes that write the ledger at once, and are killed: see `runner`."""
