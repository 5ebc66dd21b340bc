"""Puts the blocks of docs/migrating-from-django.md into views, posts forms to one of them, and prints the answers."""

import json
import os
import pathlib
import re

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="of this test",
    SMS_CODES_URL=os.environ["SMS_CODES_URL"],
    SMS_CODES_API_KEY=os.environ["SMS_CODES_API_KEY"],
)
django.setup()

from django.http import JsonResponse
from django.test import RequestFactory
from django.views.decorators.http import require_POST

PAGE = pathlib.Path(__file__).parents[4] / "docs/migrating-from-django.md"
module, comparison, by_receipt = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
accepted = '    return JsonResponse({"code": "0"})\n'

exec(module)
exec("def by_code(request, mobile, sms_code):\n" + comparison + accepted)
exec(by_receipt + accepted)

store = {}


class OldStore:
    """The Redis of the old view."""

    def get(self, key):
        return store.get(key)

    def delete(self, key):
        return 1 if store.pop(key, None) is not None else 0


def get_redis_connection(name):
    return OldStore()


def answer_to(form):
    if form.pop("stored", False):
        store["sms_" + form["mobile"]] = form["sms_code"].encode()
    address = os.environ["ADDRESS"]
    proxy = {"HTTP_X_REAL_IP": address} if address else {}
    request = RequestFactory().post("/register/", form, **proxy)
    if os.environ["VIEW"] == "by_receipt":
        return register(request)
    return by_code(request, form["mobile"], form["sms_code"])


print(json.dumps([json.loads(answer_to(form).content)["code"] for form in json.loads(os.environ["FORMS"])]))
