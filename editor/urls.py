"""The addresses of the pages. Documents are named by uuid: a number would tell how many."""

from django.contrib.auth import views as auth
from django.urls import path

from editor.forms import NewPasswordForm, SignInForm
from editor.views import accounts, document, documents, sharing

urlpatterns = [
    path("", documents.list_documents, name="documents"),
    path("documents/new", documents.create_document, name="create_document"),
    path("documents/<uuid:uuid>/", document.open_document, name="document"),
    path("documents/<uuid:uuid>/rename", document.rename_document, name="rename_document"),
    path("documents/<uuid:uuid>/trash", document.trash_document, name="trash_document"),
    path("documents/<uuid:uuid>/restore", document.restore_document, name="restore_document"),
    path("documents/<uuid:uuid>/sharing/", sharing.share_document, name="sharing"),
    path(
        "documents/<uuid:uuid>/sharing/<int:user_id>/role",
        sharing.change_role,
        name="change_role",
    ),
    path(
        "documents/<uuid:uuid>/sharing/<int:user_id>/remove",
        sharing.remove_collaborator,
        name="remove_collaborator",
    ),
    path(
        "accounts/login/",
        auth.LoginView.as_view(authentication_form=SignInForm, redirect_authenticated_user=True),
        name="login",
    ),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/signup/", accounts.SignUp.as_view(), name="signup"),
    # Templates of our own names: the admin looks for Django's, and keeps its look.
    path(
        "accounts/password_change/",
        auth.PasswordChangeView.as_view(
            form_class=NewPasswordForm, template_name="registration/change_password.html"
        ),
        name="password_change",
    ),
    path(
        "accounts/password_change/done/",
        auth.PasswordChangeDoneView.as_view(template_name="registration/password_changed.html"),
        name="password_change_done",
    ),
]
