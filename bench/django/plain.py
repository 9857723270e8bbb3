"""The older Django service as its README has it, for `bench/django/plain`: the REST framework, validators for each
parameter, and a row for each number in MySQL or MariaDB. One file: settings as `startproject` makes them, model,
serializer, view.

    gunicorn --chdir bench/django plain:application      with SEED_SOCKET, the database's Unix socket
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
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "rest_framework",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
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
            # Better than it comes: a connection for each worker, rather than for each request.
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

ALPHABET = string.ascii_uppercase + string.digits


class TrackingNumber(models.Model):
    tracking_number = models.CharField(max_length=16, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    origin_country_id = models.CharField(max_length=2, null=True)
    destination_country_id = models.CharField(max_length=2, null=True)
    weight = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    customer_id = models.UUIDField(null=True)
    customer_name = models.CharField(max_length=255, null=True)
    customer_slug = models.CharField(max_length=255, null=True)

    class Meta:
        app_label = "tracking"
        db_table = "tracking_plain"


class Order(serializers.Serializer):
    origin_country_id = serializers.RegexField("^[A-Z]{2}$", required=False)
    destination_country_id = serializers.RegexField("^[A-Z]{2}$", required=False)
    weight = serializers.DecimalField(max_digits=9, decimal_places=3, required=False)
    created_at = serializers.DateTimeField(required=False)
    customer_id = serializers.UUIDField(required=False)
    customer_name = serializers.CharField(max_length=255, required=False)
    customer_slug = serializers.RegexField("^[a-z0-9]+(?:-[a-z0-9]+)*$", required=False)


class Answer(serializers.ModelSerializer):
    class Meta:
        model = TrackingNumber
        exclude = ["id"]


class NextTrackingNumber(APIView):
    def get(self, request):
        order = Order(data=request.query_params)
        order.is_valid(raise_exception=True)
        given = {name: value for name, value in order.validated_data.items() if name != "created_at"}
        while True:
            number = "".join(secrets.choice(ALPHABET) for _ in range(16))
            if not TrackingNumber.objects.filter(tracking_number=number).exists():
                break
        row = TrackingNumber.objects.create(tracking_number=number, **given)
        return Response(Answer(row).data)


urlpatterns = [path("next-tracking-number", NextTrackingNumber.as_view())]


def create_table():
    with connection.schema_editor() as editor:
        editor.create_model(TrackingNumber)


application = get_wsgi_application()
