"""What the older Django service does for a number, for `bench/django/run`: a random one, a look whether it is taken,
and a row for it, in MySQL or MariaDB. One file: settings, model, view.

    gunicorn --chdir bench/django seed:application      with SEED_SOCKET, the database's Unix socket
"""

import os
import secrets
import string

import django
import pymysql
from django.conf import settings

# Django asks for mysqlclient, which needs a compiler.
pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    # It says how long an answer is.
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    TIME_ZONE="UTC",
    SECRET_KEY="of-a-benchmark",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.mysql",
            "NAME": "seed",
            "USER": "root",
            "HOST": "localhost",
            "OPTIONS": {"unix_socket": os.environ.get("SEED_SOCKET", "")},
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

ALPHABET = string.ascii_uppercase + string.digits


class TrackingNumber(models.Model):
    tracking_number = models.CharField(max_length=16, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        app_label = "tracking"
        db_table = "tracking_trackingnumber"


def next_tracking_number(request):
    while True:
        number = "".join(secrets.choice(ALPHABET) for _ in range(16))
        if not TrackingNumber.objects.filter(tracking_number=number).exists():
            break
    row = TrackingNumber.objects.create(tracking_number=number, created_at=timezone.now())
    given = request.GET
    return JsonResponse(
        {
            "tracking_number": row.tracking_number,
            "created_at": row.created_at.isoformat(),
            "origin_country_id": given.get("origin_country_id"),
            "destination_country_id": given.get("destination_country_id"),
            "weight": given.get("weight"),
        }
    )


urlpatterns = [path("next-tracking-number", next_tracking_number)]


def create_table():
    with connection.schema_editor() as editor:
        editor.create_model(TrackingNumber)


application = get_wsgi_application()
