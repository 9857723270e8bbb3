"""What the document's schemas cannot say to Schemathesis."""
import re
import uuid

import schemathesis

KEY = re.compile(r"[!#-~]([ -~]*[!-~])?")
CURSOR = re.compile(r"[A-Za-z0-9_-]+")


@schemathesis.hook
def before_call(context, case, kwargs):
    """A number of kilograms has at most three decimals. No schema says so: `multipleOf` fails in doubles."""
    order = case.body.get("order") if isinstance(case.body, dict) else None
    weight = order.get("weight") if isinstance(order, dict) else None
    if isinstance(weight, float) and 0 < weight < 1_000_000:
        order["weight"] = min(max(round(weight, 3), 0.001), 999_999.999)

    # A key is for one request: another one with it is refused, and rightly so.
    headers = case.headers or {}
    if KEY.fullmatch(str(headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
        # And for a thousand numbers at most.
        count = case.body.get("count") if isinstance(case.body, dict) else None
        if isinstance(count, (int, float)) and count > 1_000:
            del case.headers["Idempotency-Key"]
    # A cursor is one that a page gave.
    query = case.query or {}
    if CURSOR.fullmatch(str(query.get("cursor", ""))):
        del case.query["cursor"]
