"""Loading whole histories at once: the sample city, generated portfolios, an old system's records.

The same rules as `approvals.actions`: every stage's events are replayed through the state machine before anything is
written, and the snapshot is derived from them. Only the writing is set-based.
"""

from dataclasses import dataclass, field

from django.db import transaction

from approvals import actions, derive
from approvals.models import Chain, StageEvent
from approvals.states import MOVES, State


@dataclass
class Happening:
    """One event to load: stage code, action, when it occurred and was recorded, and its facts."""

    code: str
    action: str
    occurred_at: object
    by: object
    recorded_at: object = None
    facts: dict = field(default_factory=dict)


@transaction.atomic
def load_history(chain: Chain, happenings: list[Happening], now):
    """Write the events of a chain that has none yet, and derive everything from them; returns the chain's view.

    About ten queries, whatever the number of events.

    :raises derive.IllegalSequence: the events of a stage are not a legal path; nothing is written then.
    """
    stages = {stage.code: stage for stage in chain.stages.all()}
    states = dict.fromkeys(stages, State.NOT_STARTED)
    events = []
    for h in sorted(happenings, key=lambda h: h.occurred_at):
        before = states[h.code]
        after = MOVES[h.action][1] if h.action in MOVES else before
        states[h.code] = after
        events.append(
            StageEvent(
                stage=stages[h.code],
                kind=h.action,
                from_state=before,
                to_state=after,
                by=h.by,
                occurred_at=h.occurred_at,
                recorded_at=h.recorded_at or h.occurred_at,
                **h.facts,
            )
        )
    for code, stage in stages.items():
        told = derive.replay([event for event in events if event.stage is stage])
        if stage.state != told.state:
            stage.move_replayed(int(told.state))
            stage.save(update_fields=["state"])
        assert told.state == states[code]
    for event in StageEvent.objects.bulk_create(events):
        actions.apply_consequences(event.stage, event)
    return actions.refresh(chain, now)
