"""The administration, in the product's name: look at anything, mend what cannot break the log."""

from django.conf import settings
from django.contrib import admin

from . import collaborator, document, update

__all__ = ["collaborator", "document", "update"]

admin.site.site_title = settings.PRODUCT_NAME
admin.site.site_header = f"{settings.PRODUCT_NAME} administration"
admin.site.index_title = "Documents, people and the log"
