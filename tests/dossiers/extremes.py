"""Random dossiers at the edge of what forms allow: for the one-page rule. `scripts/stress_cards.py` makes many."""

import random
from dataclasses import replace
from decimal import Decimal

from dossiers.content import Dossier, KeyPoint, Quota
from tests.dossiers import samples

HAN = "云川宏远炭材料有限公司年产十二万吨超高功率石墨电极负极前驱体及余热发电循环水回用危险废物处置一体化示范项目䶮𬭎"


def han(rng: random.Random, most: int) -> str:
    """Return up to `most` Chinese characters, often exactly as many."""
    count = most if rng.random() < 0.5 else rng.randint(1, most)
    return "".join(rng.choice(HAN) for _ in range(count))


def extreme(seed: int) -> Dossier:
    """Return a dossier with names, rows and texts of random, mostly great length."""
    rng = random.Random(seed)
    base = samples.usual()
    count = rng.choice((1, 6, 19, 28, 33))
    lamps = {n: rng.choice((samples.RED, samples.BLOCKED, samples.AMBER, samples.STOPPED)) for n in range(1, count)}
    blocked = rng.choice((0, 3, 12, 20))
    return replace(
        base,
        basics=replace(
            base.basics,
            enterprise=han(rng, 60),
            project=han(rng, 200),
            park=han(rng, 60),
            parcels=tuple(han(rng, 30) for _ in range(rng.randint(0, 5))),
            industry=han(rng, 60),
            investment_wan=Decimal(10) ** rng.randint(0, 11),
        ),
        verdict=replace(base.verdict, sentence=han(rng, 70) + "。", advice=han(rng, 90) + "。"),
        people=samples.people(post=han(rng, 56), name=han(rng, 14)),
        chain=samples.chain(lamps, count),
        quota=Quota(
            tuple(samples.demand(n, n < blocked, note=han(rng, 60), gap="999,999,999.9") for n in range(blocked + 4)),
            missing=tuple(han(rng, 20) for _ in range(rng.randint(0, 6))),
        ),
        park=samples.park(han(rng, 60)),
        problems=tuple(
            samples.problem(n, han(rng, 300), rng.randint(-400, 60), unit=han(rng, 30))
            for n in range(rng.randint(0, 9))
        ),
        key_points=tuple(
            KeyPoint(han(rng, 12), samples.day("06-30"), None, rng.randint(0, 900), samples.RED, han(rng, 120))
            for _ in range(rng.randint(0, 8))
        ),
    )
