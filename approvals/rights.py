"""Who may do what to a stage. Pure decisions over the rights that `people.access` answers; one or two queries."""

from people import access
from people.access import allows, manageable_by
from projects.models import Project

DECISIONS = frozenset(
    {
        "accept",
        "accept_with_deferral",
        "accept_on_commitment",
        "decline",
        "refuse",
        "pass",
        "pass_with_deferral",
        "fail",
        "revoke",
        "extend",
        "start_special_procedure",
        "end_special_procedure",
        "commitment_verified",
    }
)
"""What decides an approval. A project manager may record it too, because the product tracks approvals that are decided
elsewhere (domain.md §0 rule 10): the event keeps who recorded it and from which source."""


def handles(user, stage) -> bool:
    """Return whether the stage is held by a department whose cases the person handles: his own, one below it, or one
    that was granted to him. At most one query.
    """
    return access.handles(user, stage.department_id)


def may_manage_chain(user, project) -> bool:
    """Return whether `user` manages the project and may advance its stages. One query."""
    return allows(user, "stage.advance") and manageable_by(Project.objects.filter(pk=project.pk), user).exists()


def may_act(user, stage, action: str, event=None) -> bool:
    """Return whether `user` may record `action` on `stage`: its department's officers, and who manages the project.

    An officer corrects only what somebody of his own department recorded.
    """
    if handles(user, stage):
        if event is not None:
            return event.by_id == user.pk or event.by.department_id == user.department_id
        return action not in {"skip", "reinstate"}
    return may_manage_chain(user, stage.chain.project)
