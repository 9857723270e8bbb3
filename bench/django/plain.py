"""What the Django service without a table does for a number, for `bench/django/plain`: seven parameters that are looked
at, and a random number, by the REST framework. One file: settings, view, routes.

    gunicorn --chdir bench/django plain:application
"""

import re
import secrets
import string
from datetime import datetime
from uuid import UUID

import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    # As `startproject` has it, but for what only pages need.
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    TIME_ZONE="UTC",
    SECRET_KEY="of-a-benchmark",
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

ALPHABET = string.ascii_uppercase + string.digits
COUNTRY = re.compile("[A-Z]{2}")
SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
NAMES = [
    "origin_country_id",
    "destination_country_id",
    "weight",
    "created_at",
    "customer_id",
    "customer_name",
    "customer_slug",
]


class NextTrackingNumber(APIView):
    def get(self, request):
        given = request.query_params
        missing = [name for name in NAMES if not given.get(name)]
        if missing:
            return Response({"error": "missing: " + ", ".join(missing)}, status=400)
        try:
            weight = float(given["weight"])
            datetime.fromisoformat(given["created_at"])
            UUID(given["customer_id"])
        except ValueError as error:
            return Response({"error": str(error)}, status=400)
        countries = given["origin_country_id"], given["destination_country_id"]
        right = weight > 0 and all(map(COUNTRY.fullmatch, countries)) and SLUG.fullmatch(given["customer_slug"])
        if not right:
            return Response({"error": "a wrong value"}, status=400)
        number = "".join(secrets.choice(ALPHABET) for _ in range(16))
        return Response({"tracking_number": number, "created_at": timezone.now().isoformat()})


urlpatterns = [path("api/next-tracking-number/", NextTrackingNumber.as_view())]
application = get_wsgi_application()
