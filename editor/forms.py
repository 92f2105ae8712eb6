"""What people type into pages, checked, with an answer for each mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import Q

from editor.models import Collaborator, Document

# Django's classes take no type at run time.
if TYPE_CHECKING:
    TitleModelForm = forms.ModelForm[Document]
    SignUpModelForm = UserCreationForm[User]
else:
    TitleModelForm = forms.ModelForm
    SignUpModelForm = UserCreationForm


class TitleForm(TitleModelForm):
    """The title of a new document, or a new one for an old."""

    class Meta:
        model = Document
        fields = ["title"]
        error_messages = {
            "title": {
                "required": "Give the document a title, such as “main.py”.",
                "max_length": (
                    "A title has at most %(limit_value)d characters; this one has %(show_value)d."
                ),
            }
        }
        widgets = {
            "title": forms.TextInput(
                attrs={
                    "class": "input",
                    "autocomplete": "off",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                    "placeholder": "main.py",
                }
            )
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # With it a browser cuts off what is pasted, and says nothing.
        del self.fields["title"].widget.attrs["maxlength"]


class SearchForm(forms.Form):
    """What to list: words in the title, and whose documents. Nothing here is an error."""

    q = forms.CharField(required=False, max_length=200)
    show = forms.ChoiceField(
        required=False, choices=[("mine", "Mine"), ("shared", "Shared with me"), ("trash", "Trash")]
    )


class ShareForm(forms.Form):
    """Somebody, by username or e-mail address, and the role they are given."""

    name = forms.CharField(
        label="Username or e-mail address",
        max_length=254,
        error_messages={"required": "Say who: a username or an e-mail address."},
        widget=forms.TextInput(
            attrs={
                "class": "input",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    role = forms.ChoiceField(
        label="Role",
        choices=Collaborator.Role.choices,
        initial=Collaborator.Role.EDITOR,
        error_messages={
            "invalid_choice": "“%(value)s” is not a role: choose viewer, commenter or editor."
        },
        widget=forms.Select(attrs={"class": "select"}),
    )

    def __init__(self, *args: Any, document: Document, **options: Any) -> None:
        """Share `document`."""
        super().__init__(*args, **options)
        self.document = document

    def clean_name(self) -> User:
        """The one active account that is meant.

        A name that fits one account as username and another as address is refused: else who
        takes somebody's address for a username is given what was meant for them.
        """
        name = self.cleaned_data["name"]
        active = get_user_model().objects.filter(is_active=True)
        found = list(active.filter(Q(username=name) | Q(email__iexact=name))[:3])
        if not found:
            found = list(active.filter(username__iexact=name)[:3])
        if not found:
            raise ValidationError(f"Nobody here has the username or e-mail address “{name}”.")
        if len(found) > 1:
            raise ValidationError(
                f"More than one account answers to “{name}”: use the exact username of one."
            )
        (person,) = found
        if person.pk == self.document.owner_id:
            raise ValidationError("You own this document: you need no role in it.")
        if self.document.collaborators.filter(user=person).exists():
            raise ValidationError(
                f"{person} is in the list already: change the role there instead."
            )
        return person


class RoleForm(forms.Form):
    """Another role for somebody who has one."""

    role = forms.ChoiceField(choices=Collaborator.Role.choices)


class SignInForm(AuthenticationForm):
    """Username and password. After a mistake the cursor waits in the password: it is empty then."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.data.get("username"):
            del self.fields["username"].widget.attrs["autofocus"]
            self.fields["password"].widget.attrs["autofocus"] = True


USERNAME_CHARACTERS = "letters, digits and . + - _"
# "@" passes here, so that one mistake has one answer.
USERNAME = UnicodeUsernameValidator(message=f"A username has only {USERNAME_CHARACTERS}")
NO_ADDRESS = RegexValidator(
    "@", "A username has no “@”: it must not look like an address.", inverse_match=True
)


class SignUpForm(SignUpModelForm):
    """A new account: username and password.

    No e-mail address is asked for, and none taken for a username: nobody has shown that it is
    theirs, and documents are shared by it.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        username = self.fields["username"]
        others = [v for v in username.validators if not isinstance(v, UnicodeUsernameValidator)]
        username.validators = [*others, USERNAME, NO_ADDRESS]
        username.help_text = USERNAME_CHARACTERS.capitalize()
        self.fields["password2"].label = "Password again"
        self.fields["password2"].help_text = ""


class NewPasswordForm(PasswordChangeForm):
    """A new password, by who knows the old one; in the words of `SignUpForm`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""
