"""A finding: something a check or a reading has to say, as a code and facts. Callers add the words. Pure."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` says what, `facts` holds what a sentence about it can name. Amounts are in smallest units unless text."""

    code: str
    facts: dict = field(default_factory=dict, hash=False)
