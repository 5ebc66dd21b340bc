"""A sign-up: the page with the tag, and a view that redeems the receipt and creates the user."""

import http.client
import json
import os
import urllib.error
import urllib.request

import django
from django.conf import settings

API = os.environ.get("SMS_CODES_URL", "http://127.0.0.1:3000")

settings.configure(
    SECRET_KEY=os.urandom(32).hex(),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("DATABASE", "accounts.sqlite3"),
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import execute_from_command_line
from django.db import IntegrityError
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.template import engines
from django.views.decorators.http import require_POST

PAGE = engines["django"].from_string("""\
<!doctype html>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width" />
<title>shop</title>
<script type="module" src="http://127.0.0.1:3000/element.js"></script>
<form method="post" action="/sign-up">
  {% csrf_token %}
  <sms-code name="receipt" mobile-name="mobile" scene="register" required></sms-code>
  <button>OK</button>
</form>
""")


class ReceiptError(Exception):
    """`status` is the answer to give: 400 not valid, 409 redeemed before, 503 sms-codes cannot tell now."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def redeem(receipt, scene, mobile):
    """Spends a receipt of this scene and number. Returns its mobile, subject, assurance and request_id."""
    request = urllib.request.Request(
        API + "/v1/receipts/redeem",
        json.dumps({"receipt": receipt, "scene": scene, "mobile": mobile}).encode(),
        {"authorization": "Bearer " + os.environ["SMS_CODES_KEY"], "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.load(response)
    except (OSError, ValueError, http.client.HTTPException) as err:
        if isinstance(err, urllib.error.HTTPError) and err.code in (400, 409):
            raise ReceiptError(err.code, "The receipt is not valid, or was redeemed before") from err
        raise ReceiptError(503, "Try again later") from err


def page(request):
    return HttpResponse(PAGE.render({}, request))


@require_POST
def sign_up(request):
    try:
        redeemed = redeem(request.POST.get("receipt", ""), "register", request.POST.get("mobile", ""))
    except ReceiptError as err:
        return JsonResponse({"errmsg": str(err)}, status=err.status)
    try:
        # The column of the user name is unique. A model of your own has a unique column for `request_id` too.
        user = User.objects.create_user(redeemed["mobile"])
    except IntegrityError:
        return JsonResponse({"errmsg": "This number has an account"}, status=409)
    return JsonResponse({"account": user.pk, "mobile": user.username}, status=201)


urlpatterns = [path("", page), path("sign-up", sign_up)]

if __name__ == "__main__":
    execute_from_command_line()
