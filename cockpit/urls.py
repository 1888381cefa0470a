"""Addresses of the leaders' page, instructions, and the wall."""

from django.urls import path

from cockpit.views import instructions, page, screen, unlock

urlpatterns = [
    path("cockpit/", page.cockpit, name="cockpit"),
    path("cockpit/week/", page.cockpit_week, name="cockpit-week"),
    path("cockpit/causes/", page.cockpit_cause, name="cockpit-cause"),
    path("cockpit/instructions/", instructions.instruction_list, name="instruction-list"),
    path("cockpit/instructions/new/", instructions.instruction_create, name="instruction-create"),
    path("cockpit/instructions/<int:pk>/", instructions.instruction_page, name="instruction-page"),
    path("cockpit/instructions/<int:pk>/answer/", instructions.instruction_answer, name="instruction-answer"),
    path("cockpit/instructions/<int:pk>/close/", instructions.instruction_close, name="instruction-close"),
    path("cockpit/instructions/<int:pk>/order/", instructions.instruction_order, name="instruction-order"),
    path("cockpit/unlock/", unlock.unlock, name="unlock"),
    path("cockpit/unlock/keep/", unlock.unlock_save, name="unlock-save"),
    path("cockpit/unlock/moved/", unlock.unlock_moved, name="unlock-moved"),
    path("cockpit/unlock/scenarios/", unlock.unlock_list, name="unlock-list"),
    path("cockpit/unlock/scenarios/compare/", unlock.unlock_compare, name="unlock-compare"),
    path("cockpit/unlock/scenarios/<int:pk>/", unlock.unlock_scenario, name="unlock-scenario"),
    path("cockpit/unlock/scenarios/<int:pk>/requests/", unlock.unlock_requests, name="unlock-requests"),
    path("cockpit/unlock/scenarios/<int:pk>/retire/", unlock.unlock_retire, name="unlock-retire"),
    path("cockpit/displays/", screen.display_list, name="display-list"),
    path("cockpit/displays/<int:pk>/withdraw/", screen.display_withdraw, name="display-withdraw"),
    path("screen/", screen.screen, name="screen"),
    path("screen/body/", screen.screen_body, name="screen-body"),
    path("screen/enter/", screen.screen_enter, name="screen-enter"),
]
