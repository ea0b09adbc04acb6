"""Runs the Python examples of docs/publishing.md, whose files are in the folder that is given: the task
in a Celery worker in this process, the signal through a model that is saved, and the view."""

import asyncio
import json
import sys

sys.path.insert(0, sys.argv[1])

import django
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.db import connection
from django.test import RequestFactory

settings.configure(
    INSTALLED_APPS=["api"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True,
)
django.setup()

from api import signals, tasks, views  # noqa: F401
from api.models import SampleResource

celery = Celery("api", broker="memory://", backend="cache+memory://")
with start_worker(celery, perform_ping_check=False):
    tasks.process_document.delay("user-123", "org-123", "doc-1").get(timeout=30)

with connection.schema_editor() as editor:
    editor.create_model(SampleResource)
resource = SampleResource.objects.create(org_id="org-123", name="Plans")
# Only the first save is an event.
resource.save()

asyncio.run(views.send_greeting(RequestFactory().get("/"), "user-123"))
print(json.dumps({"resource_id": str(resource.id), "created_at": resource.created_at.isoformat()}))
