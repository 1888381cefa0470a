"""The units in which quota is asked for, booked and shown, each so many of the ledger's smallest unit. Pure.

A family holds the units that measure the same thing and convert exactly; its smallest unit is what the ledger's
integers count. Names and labels are the field's own Chinese and are data. Sources: domain.md §4.1-4.4, design.md §5.

Three choices of a smallest unit need a reason:

- Land is counted in three-hundredths of a square metre. 亩 is 2000/3 m²: a whole number of square metres holds none
  exactly. A third of a square metre would hold 亩, 公顷 and whole m² (1 亩 = 2,000, 1 公顷 = 30,000), but refuse
  the two decimals of a land contract (23,733.33 m²) and the four decimals of an approval in 亩. A three-hundredth
  holds all: 1 m² = 300, 1 亩 = 200,000, 1 公顷 = 3,000,000 = 15 亩. And 200,000 has no factor but 2 and 5: any
  amount prints in 亩 exactly. A bigint holds 3 × 10¹² 公顷.
- Emissions are counted in grams: an environmental assessment writes 0.2563 t/a and smaller.
- Water is counted in m³ per year. m³/d is a rate, taken for 365 days; the amount says so (`Amount.note`).
"""

from dataclasses import dataclass

DAYS_PER_YEAR = 365
WAN, YI = 10**4, 10**8
M2, MU, HA = 300, 200_000, 3_000_000


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its `label` stands beside figures, `name` is the official word, `factor` smallest units make one.

    `decimals` are shown by the house rule. `plain` is the code of the unit without its 万 or 亿. `per_day`: a rate,
    whose factor is that of a year.
    """

    code: str
    label: str
    name: str
    factor: int
    decimals: int = 0
    aliases: tuple[str, ...] = ()
    plain: str = ""
    per_day: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Units that convert into each other. `shown` is the code of the unit used where nobody chose one.

    `annual`: amounts are per year, and “/年” or “/a” behind a unit says nothing new.
    """

    code: str
    name: str
    smallest: str
    shown: str
    units: tuple[Unit, ...]
    annual: bool = True

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all units, as an error names them."""
        return tuple(unit.label for unit in self.units)

    def unit(self, code: str) -> Unit:
        """The unit with this code; KeyError when there is none."""
        for unit in self.units:
            if unit.code == code:
                return unit
        raise KeyError(code)


def _coal_equivalent() -> Family:
    words = ("标准煤", "标煤")
    kilos = tuple(kilo + word for kilo in ("千克", "公斤", "kg") for word in words)
    tonnes = tuple(tonne + word for tonne in ("吨", "t") for word in words)
    return Family(
        "energy",
        "能耗",
        "kgce",
        "tce",
        (
            Unit("kgce", "kgce", "千克标准煤", 1, 0, kilos),
            Unit("tce", "tce", "吨标准煤", 1000, 0, tonnes),
            Unit("wan_tce", "万tce", "万吨标准煤", 1000 * WAN, 2, plain="tce"),
        ),
    )


def _volume(code: str, name: str, letter: str, words: tuple[str, ...]) -> Family:
    """m³ and its multiples per year, and per day as a rate."""
    official = words[0]
    short = f"{letter}m3"
    return Family(
        code,
        name,
        f"{letter}m³",
        f"wan_{short}",
        (
            Unit(short, f"{letter}m³", official, 1, 0, words),
            Unit(f"wan_{short}", f"万{letter}m³", f"万{official}", WAN, 1, plain=short),
            Unit(f"yi_{short}", f"亿{letter}m³", f"亿{official}", YI, 2, plain=short),
            Unit(f"{short}_d", f"{letter}m³/d", f"{official}/日", DAYS_PER_YEAR, 0, words, per_day=True),
            Unit(
                f"wan_{short}_d",
                f"万{letter}m³/d",
                f"万{official}/日",
                DAYS_PER_YEAR * WAN,
                2,
                plain=f"{short}_d",
                per_day=True,
            ),
        ),
    )


KILO = ("公斤", "千克")
_LAND = (
    Unit("m2", "m²", "平方米", M2, 0, ("平米", "平方")),
    Unit("mu", "亩", "亩", MU, 1),
    Unit("wan_mu", "万亩", "万亩", MU * WAN, 2, plain="mu"),
    Unit("ha", "公顷", "公顷", HA, 4, ("ha", "hm2")),
    Unit("km2", "km²", "平方公里", 100 * HA, 4, ("平方千米",)),
)
_POWER = (
    Unit("kva", "kVA", "千伏安", 1),
    Unit("mva", "MVA", "兆伏安", 1000, 1),
    Unit("wan_kva", "万kVA", "万千伏安", WAN, 2, plain="kva"),
)
_STEAM = (
    Unit("kg_h", "kg/h", "千克/小时", 1, 0, ("kg/小时", "公斤/小时", "千克/时", "公斤/时", "千克/h", "公斤/h")),
    Unit("t_h", "t/h", "吨/小时", 1000, 1, ("吨/时", "吨/h", "t/小时", "蒸吨")),
)
_ELECTRICITY = (
    Unit("kwh", "kWh", "千瓦时", 1, 0, ("度", "千瓦·时", "kw·h")),
    Unit("mwh", "MWh", "兆瓦时", 1000, 1),
    Unit("wan_kwh", "万kWh", "万千瓦时", WAN, 1, plain="kwh"),
    Unit("yi_kwh", "亿kWh", "亿千瓦时", YI, 2, plain="kwh"),
)
_COAL = (
    Unit("kg", "kg", "千克", 1, 0, KILO),
    Unit("t", "t", "吨", 1000, 1),
    Unit("wan_t", "万t", "万吨", 1000 * WAN, 2, plain="t"),
)
_CARBON = (
    Unit("kgco2e", "kgCO₂e", "千克二氧化碳当量", 1, 0, ("kgco2", "千克二氧化碳", "公斤二氧化碳")),
    Unit("tco2e", "tCO₂e", "吨二氧化碳当量", 1000, 0, ("tco2", "吨二氧化碳", "吨co2", "吨co2e")),
    Unit("wan_tco2e", "万tCO₂e", "万吨二氧化碳当量", 1000 * WAN, 2, plain="tco2e"),
)
_EMISSIONS = (
    Unit("g", "g", "克", 1),
    Unit("kg", "kg", "千克", 1000, 1, KILO),
    Unit("t", "t", "吨", 10**6, 2),
    Unit("wan_t", "万t", "万吨", 10**6 * WAN, 2, plain="t"),
)
_COUNT = (Unit("one", "个", "个", 1, 0, ("人", "份", "件", "项", "台", "户")),)

ENERGY = _coal_equivalent()
COAL = Family("coal", "煤炭", "kg", "t", _COAL)
CARBON = Family("carbon", "碳排放", "kgCO₂e", "tco2e", _CARBON)
WATER = _volume("water", "用水", "", ("立方米", "立方", "方"))
LAND = Family("land", "用地", "1/300 m²", "mu", _LAND, annual=False)
EMISSIONS = Family("emissions", "污染物排放", "g", "t", _EMISSIONS)
POWER = Family("power", "供电容量", "kVA", "kva", _POWER, annual=False)
STEAM = Family("steam", "蒸汽", "kg/h", "t_h", _STEAM, annual=False)
GAS = _volume("gas", "天然气", "N", ("标准立方米", "标立方米", "标立方", "标方"))
ELECTRICITY = Family("electricity", "用电量", "kWh", "wan_kwh", _ELECTRICITY)
COUNT = Family("count", "个数", "个", "one", _COUNT, annual=False)

FAMILIES = {
    family.code: family
    for family in (ENERGY, COAL, CARBON, WATER, LAND, EMISSIONS, POWER, STEAM, GAS, ELECTRICITY, COUNT)
}
