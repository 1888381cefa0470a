"""Feedback (意见反馈): everybody may write, supervisors read and answer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people import actions, paging
from people.access import allows, needs, needs_login
from people.forms import AnswerForm, FeedbackForm
from people.models import Feedback


@needs_login
def feedback(request):
    """The form, and what one has written before with its answers. `?from=` is the page one came from."""
    form = FeedbackForm(request.POST or None, initial={"page": request.GET.get("from", "")[:300]})
    if request.method == "POST" and form.is_valid():
        form.instance.by = request.user
        form.save()
        messages.success(request, _("Thank you. The answer will stand on this page."))
        return redirect("feedback")
    context = {
        "form": form,
        "mine": Feedback.objects.filter(by=request.user).select_related("answered_by")[:50],
        "may_read_all": allows(request.user, "feedback.read"),
    }
    return render(request, "people/feedback.html", context, status=422 if form.errors else 200)


@require_safe
@needs("feedback.read")
def feedback_list(request):
    """All feedback, newest first; `?open=1` only what waits for an answer."""
    rows = Feedback.objects.select_related("by", "by__department", "answered_by")
    only_open = request.GET.get("open") == "1"
    if only_open:
        rows = rows.filter(answered_at=None)
    page = paging.page(rows, ("-id",), request.GET.get("cursor", ""), 20)
    context = {"page": page, "total": rows.count(), "only_open": only_open}
    return render(request, "people/feedback_list.html", context)


@require_POST
@needs("feedback.read")
def feedback_answer(request, pk):
    """Answer one."""
    row = get_object_or_404(Feedback, pk=pk)
    form = AnswerForm(request.POST, instance=row)
    if form.is_valid():
        actions.answer_feedback(row, form.cleaned_data["answer"], by=request.user, request=request)
        messages.success(request, _("Answered."))
    else:
        messages.error(request, _("An answer needs words."))
    return redirect("feedback-list")
