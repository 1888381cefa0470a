"""Where quota comes from and what projects use: energy forms, stock, parcels, trades, replacement sources.

None of these moves quota. What does is a voucher (`factors.actions`), which they draft with everything filled in.
"""
