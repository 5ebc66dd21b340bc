from django.db import IntegrityError, transaction
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from . import receipts
from .models import Account


@require_POST
def sign_up(request):
    try:
        phone = receipts.redeem(request.POST.get("receipt", ""), "register", request.POST.get("mobile", ""))
        with transaction.atomic():
            account = Account.objects.create(mobile=phone["mobile"], request_id=phone["request_id"])
    except receipts.ReceiptError as err:
        return JsonResponse({"error": str(err)}, status=err.status)
    except IntegrityError:
        return JsonResponse({"error": "the number has an account, or the receipt has made one"}, status=409)
    return JsonResponse({"account": account.pk}, status=201)
