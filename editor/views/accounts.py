"""Signing up; the rest of an account is django.contrib.auth's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.views import RedirectURLMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from editor.forms import SignUpForm

# Django's classes take no type at run time.
if TYPE_CHECKING:
    SignUpFormView = FormView[SignUpForm]
else:
    SignUpFormView = FormView


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class SignUp(RedirectURLMixin, SignUpFormView):
    """An account for whoever asks, and signed in with it. 404 unless settings.SIGN_UP."""

    template_name = "registration/signup.html"
    form_class = SignUpForm
    next_page = settings.LOGIN_REDIRECT_URL

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse where sign-up is off; send on who is signed in."""
        if not settings.SIGN_UP:
            raise Http404
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """Make the account and sign in."""
        login(self.request, form.save())
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """`next` goes along to the sign-in page and back."""
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)
