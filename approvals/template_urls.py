"""Addresses of the chain templates and of the comparison page. Stage codes may hold any letters, so they come last."""

from django.urls import path

from approvals.views import compare, templates

ROOT = "chains/templates/"
VERSION = ROOT + "<str:code>/<int:version>/"

urlpatterns = [
    path("chains/compare/", compare.chain_compare, name="chain-compare"),
    path(ROOT, templates.template_list, name="template-list"),
    path(ROOT + "new/", templates.template_create, name="template-create"),
    path(VERSION, templates.template_page, name="template-page"),
    path(VERSION + "edit/", templates.template_edit, name="template-edit"),
    path(VERSION + "yaml/", templates.template_download, name="template-download"),
    path(VERSION + "diff/", templates.template_diff, name="template-diff"),
    path(VERSION + "draft/", templates.template_new_draft, name="template-new-draft"),
    path(VERSION + "publish/", templates.template_publish, name="template-publish"),
    path(VERSION + "retire/", templates.template_retire, name="template-retire"),
    path(VERSION + "discard/", templates.template_discard, name="template-discard"),
    path(VERSION + "new-stage/", templates.template_stage_edit, name="template-stage-add"),
    path(VERSION + "stages/<str:stage>/", templates.template_stage_edit, name="template-stage-edit"),
    path(VERSION + "stages/<str:stage>/remove/", templates.template_stage_remove, name="template-stage-remove"),
    path(VERSION + "stages/<str:stage>/move/", templates.template_stage_move, name="template-stage-move"),
]
