from django.db import models


class Account(models.Model):
    mobile = models.CharField(max_length=16, unique=True)
    request_id = models.CharField(max_length=64, unique=True)
