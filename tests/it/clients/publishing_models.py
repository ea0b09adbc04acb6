"""The application's own models, which the examples of docs/publishing.md import."""

from django.db import models


class SampleResource(models.Model):
    id = models.BigAutoField(primary_key=True)
    org_id = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
