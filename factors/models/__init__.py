"""Factor kinds, the ledger, vouchers, demands, and where quota comes from."""

from factors.models.assets import (
    Parcel,
    ReplacementSource,
    ReplacementUse,
    StockAmount,
    StockAsset,
    StockRecovery,
    Trade,
)
from factors.models.demands import BlockEpisode, Demand, GateOverride, NoNeed
from factors.models.energy import EnergyCarrier, EnergyCoefficient, EnergyForm, EnergyLine, ReviewRule
from factors.models.journal import Account, JournalYear, Posting, Reservation, Transfer
from factors.models.kinds import Book, FactorKind, FactorSource
from factors.models.vouchers import QuotaRequest, Voucher, VoucherAttachment, VoucherLine

__all__ = [
    "Account", "BlockEpisode", "Book", "Demand", "EnergyCarrier", "EnergyCoefficient", "EnergyForm", "EnergyLine",
    "FactorKind", "FactorSource", "GateOverride", "JournalYear", "NoNeed", "Parcel", "Posting", "QuotaRequest",
    "ReplacementSource", "ReplacementUse", "Reservation", "ReviewRule", "StockAmount", "StockAsset", "StockRecovery",
    "Trade", "Transfer", "Voucher", "VoucherAttachment", "VoucherLine",
]  # fmt: skip
