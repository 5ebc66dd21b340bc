"""Serves the example for Django: POST /check and POST /sign-up."""
import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "accounts.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["shop"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="test",
    SMS_CODES_URL=os.environ["SMS_CODES_URL"],
    SMS_CODES_API_KEY=os.environ["SMS_CODES_API_KEY"],
)
django.setup()

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.urls import path
from shop import receipts
from shop.models import Account
from shop.sign_up import sign_up

with connection.schema_editor() as editor:
    editor.create_model(Account)


def check(request):
    form = request.POST
    try:
        return JsonResponse(receipts.check(form["receipt"], form["scene"], form.get("name")))
    except receipts.ReceiptError as err:
        return HttpResponse(str(err), status=err.status)


urlpatterns = [path("", lambda _: HttpResponse()), path("check", check), path("sign-up", sign_up)]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 50


make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Server).serve_forever()
