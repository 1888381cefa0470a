"""Random cards at the edge of what forms allow: each must be one page. `python scripts/stress_cards.py [N] [SEED]`.

Prints the rung of each and a summary; ends with 1 when a card was refused or had two pages. Some 2 s a card.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main(number: int = 48, first: int = 0) -> int:
    """Render the cards; return how many failed."""
    import django

    django.setup()
    from dossiers import rendering
    from dossiers.ladder import NoRung
    from tests.dossiers import samples
    from tests.dossiers.extremes import extreme

    rungs, failed, began = Counter(), [], time.perf_counter()
    for seed in range(first, first + number):
        try:
            made = rendering.card(extreme(seed), samples.stamp())
        except NoRung:
            failed.append(seed)
            continue
        rungs[made.rung.partition("+")[0]] += 1
        if made.pages != 1:
            failed.append(seed)
    seconds = time.perf_counter() - began
    print(f"{number} cards in {seconds:.0f} s, rungs {dict(sorted(rungs.items()))}, failed seeds {failed}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(bool(main(*(int(word) for word in sys.argv[1:3]))))
