"""Files leave only through views that check rights, as downloads that a browser does not interpret."""

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from approvals.models import StageAttachment
from people.access import get_for, needs
from projects.models import Project


@require_GET
@needs("project.view")
def stage_attachment(request, code, pk):
    """Send a file that was handed in with an event, under its own name."""
    project = get_for(request.user, Project.objects.all(), code=code)
    row = get_object_or_404(StageAttachment, pk=pk, event__stage__chain__project=project)
    response = FileResponse(row.file.open("rb"), as_attachment=True, filename=row.name)
    response["X-Content-Type-Options"] = "nosniff"
    return response
