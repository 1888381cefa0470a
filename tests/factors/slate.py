"""The ledger as a clerk would keep it on a slate: the pure model that `test_ledger_model` holds the real one to."""

from collections import Counter

ISSUERS = {"issuer", "cap_issuer", "river_issuer"}
CAP_OF = {"river": "cap", "R1": "cap"}  # what is taken from the river counts under the total cap, too


class No(Exception):
    """The slate refuses: code, and where too little is left the account and what it has."""


class Slate:
    def __init__(self, demands):
        self.has, self.held, self.coming = Counter(), Counter(), Counter()
        self.open: dict[str, list] = {}  # name -> [pool, holding, amount, until, renewed]
        self.did: dict[str, tuple] = {}  # key -> how to take it back
        self.reversed: set[str] = set()
        self.demands = demands  # holding -> (pool, amount)
        self.blocked: dict[str, bool] = dict.fromkeys(demands, True)  # nothing was granted yet
        self.episodes = len(demands)

    def left(self, account):
        return self.has[account] - self.held[account]

    def _take(self, account, amount):
        if account not in ISSUERS and self.left(account) < amount:
            raise No("insufficient", account, self.left(account))

    def _give(self, giver, taker, amount):
        self._take(giver, amount)
        self.has[giver] -= amount
        self.has[taker] += amount

    def _hold(self, pool, holding, amount):
        self._take(pool, amount)
        self.held[pool] += amount
        self.coming[holding] += amount

    def move(self, key, giver, taker, amount):
        self._give(giver, taker, amount)
        if giver == "R1" and taker in ("river", "stock"):
            self._give("used", "cap", amount)
        self.did[key] = ("move", giver, taker, amount)

    def reserve(self, key, pool, holding, amount, until, renewed=False):
        self._hold(pool, holding, amount)
        if pool in CAP_OF:
            self._hold("cap", "used", amount)
        self.open[key] = [pool, holding, amount, until, renewed]
        self.did[key] = ("reserve",)

    def _resolve(self, name):
        if name not in self.open:
            raise No("not_open")
        pool, holding, amount, until, renewed = self.open.pop(name)
        for giver, taker in [(pool, holding)] + ([("cap", "used")] if pool in CAP_OF else []):
            self.held[giver] -= amount
            self.coming[taker] -= amount
        return pool, holding, amount, until, renewed

    def confirm(self, key, name, amount, keep_rest):
        pool, holding, held, until, renewed = self._resolve(name)
        self._give(pool, holding, amount)
        if pool in CAP_OF:
            self._give("cap", "used", amount)
        rest = held - amount if keep_rest else 0
        if rest:
            self.reserve(key, pool, holding, rest, until, renewed)
        self.did[key] = ("confirm", pool, holding, amount, bool(rest))

    def release(self, key, name):
        self.did[key] = ("release", *self._resolve(name))

    def renew(self, key, name, until):
        if name not in self.open or self.open[name][4]:
            raise No("not_open")
        self.open[name][3:] = [until, True]

    def reverse(self, key, what, today):
        """Take back what an entry did; a reservation that was released comes back under the key of the reversal."""
        if what in self.reversed:
            raise No("reversed")
        how, *facts = self.did[what]
        if how == "reserve" or (how == "confirm" and facts[3]):
            self._resolve(what)
        if how == "release":
            pool, holding, amount, until, renewed = facts
            self.reserve(key, pool, holding, amount, max(until, today), renewed)
        if how in ("move", "confirm"):
            giver, taker, amount = facts[:3]
            self._give(taker, giver, amount)
            if how == "confirm" and giver in CAP_OF:
                self._give("used", "cap", amount)
            if how == "move" and giver == "R1" and taker in ("river", "stock"):
                self._give("cap", "used", amount)
        self.reversed.add(what)
        self.did.pop(key, None)

    def judge(self):
        """Count a new episode for every demand that turned blocked since the last call."""
        for holding, (pool, amount) in self.demands.items():
            gap = amount - self.secured(holding)
            now = gap > 0 and gap > self.left(pool)
            self.episodes += now and not self.blocked[holding]
            self.blocked[holding] = now

    def secured(self, holding):
        return self.has[holding] + self.coming[holding]
