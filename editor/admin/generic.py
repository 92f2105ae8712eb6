"""Django's admin classes by the model they are for. At run time they take no type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator

from editor.models import Collaborator, Document, Update

if TYPE_CHECKING:
    DocumentModelAdmin = admin.ModelAdmin[Document]
    CollaboratorModelAdmin = admin.ModelAdmin[Collaborator]
    CollaboratorModelForm = forms.ModelForm[Collaborator]
    CollaboratorTabularInline = admin.TabularInline[Collaborator, Document]
    UpdateModelAdmin = admin.ModelAdmin[Update]
    UpdatePaginator = Paginator[Update]
else:
    DocumentModelAdmin = CollaboratorModelAdmin = UpdateModelAdmin = admin.ModelAdmin
    CollaboratorTabularInline = admin.TabularInline
    CollaboratorModelForm = forms.ModelForm
    UpdatePaginator = Paginator
