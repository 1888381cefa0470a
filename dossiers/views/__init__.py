"""Pages of dossiers: choosing and following prints, verifying a paper."""
