"""Take and judge numbers of a server, with the client that was made of its document as the package `made`.

    python openapi-client.py http://127.0.0.1:8080
"""
import datetime
import sys
import uuid

from made import Client, models
from made.api.numbers import api_next_tracking_number, next_tracking_number, tracking_numbers, verdict
from made.api.service import live, ready

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
customer = uuid.UUID("de619854-b59b-425e-9db4-943979e1bd49")
created_at = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
seen = []


def expect(found, expected):
    if found != expected:
        sys.exit(f"expected {expected!r}, found {found!r}")


def belongs(number):
    judged = verdict.sync(number, client=client)
    expect((type(judged), judged.tracking_number, judged.prefix), (models.Verdict, number, number[:3]))
    seen.append(number)


# One, for nothing and for a whole order.
bare = next_tracking_number.sync(client=client)
expect((type(bare), bare.weight, bare.customer_id), (models.Issued, None, None))
belongs(bare.tracking_number)
order = dict(
    origin_country_id="MY", destination_country_id="ID", weight="1.234", created_at=created_at,
    customer_id=customer, customer_name="RedBox Logistics", customer_slug="redbox-logistics",
)
full = next_tracking_number.sync(client=client, **order)
expect((full.weight, full.customer_id, full.customer_name), (1.234, customer, "RedBox Logistics"))
expect(full.created_at.utcoffset(), created_at.utcoffset())
belongs(full.tracking_number)
short = api_next_tracking_number.sync(client=client, **order)
expect(type(short), models.IssuedShort)
belongs(short.tracking_number)

# Many, with a weight that is a number, which no multiple of 0.001 is for those who divide in doubles.
for weight in (0.95, "0.950"):
    body = models.OrderOfMany(count=1_000, order=models.Order(weight=weight, customer_id=customer))
    many = tracking_numbers.sync(client=client, body=body)
    expect((type(many), len(many.tracking_numbers)), (models.IssuedMany, 1_000))
    belongs(many.tracking_numbers[0])
    belongs(many.tracking_numbers[-1])
expect(len(set(seen)), len(seen))

# Problems are told apart.
wrong = next_tracking_number.sync(client=client, weight="1.2345", origin_country_id="ZZ")
expect(type(wrong), models.WrongParameters)
expect([(e.parameter, e.code) for e in wrong.errors],
       [("origin_country_id", "unknown-country"), ("weight", "too-many-decimals")])
swapped = bare.tracking_number[:-1] + ("A" if bare.tracking_number[-1] != "A" else "B")
refused = verdict.sync(swapped, client=client)
expect((type(refused), refused.code.value), (models.NotOfThisSeries, "check-character"))
malformed = verdict.sync("A-1", client=client)
expect((type(malformed), malformed.code.value), (models.MalformedNumber, "malformed"))
expect((live.sync(client=client), ready.sync(client=client)), ("alive\n", "ready\n"))
print(f"{len(seen)} numbers were taken and judged")
