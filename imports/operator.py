"""The account that imports from the command line when no person is named."""

from django.contrib.auth import get_user_model
from guardian.shortcuts import assign_perm

from people.models import District

USERNAME = "import"


def account(username: str = "", kind: str = ""):
    """Return the user called `username`, or the system's own import account with the rights that `kind` needs.

    Who runs a command on the server may do anything there already. The account exists so that events have an author:
    it is disabled and has no password, so nobody logs in as it; only this process sees it as active. It manages the
    projects of every district.

    :raises User.DoesNotExist: no such user.
    """
    User = get_user_model()
    if username:
        return User.objects.get(username=username)
    user = User.objects.filter(username=USERNAME).first()
    if user is None:
        user = User(username=USERNAME, display_name="数据导入", is_active=False)
        user.set_unusable_password()
        user.save()
    grant_roots(user)
    user.is_active = True
    # In memory only. Registering projects as a park officer makes nobody their manager.
    user.role = "pm" if kind in ("progress", "schedule", "demands") else "park"
    return user


def grant_roots(user) -> None:
    """Let the account manage the projects of all root districts, and so of all below them. Two queries per root."""
    for root in District.objects.filter(parent__isnull=True):
        assign_perm("manage_projects", user, root)
