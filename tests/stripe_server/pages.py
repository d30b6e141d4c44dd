"""What Stripe shows to people: checkout, the customer portal, receipts and invoices."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect

from tests.stripe_server.errors import StripeError
from tests.stripe_server.resources import cards, purchases, subscriptions
from tests.stripe_server.resources.invoices import subscription_of
from tests.stripe_server.world import Thing, World

_WITHOUT_CENTS = [
    "bif",
    "clp",
    "djf",
    "gnf",
    "jpy",
    "kmf",
    "krw",
    "mga",
    "pyg",
    "rwf",
    "vnd",
    "vuv",
    "xaf",
    "xof",
    "xpf",
]
_WITH_THOUSANDTHS = ["bhd", "jod", "kwd", "omr", "tnd"]


def money(minor: int | None, currency: str | None) -> str:
    if minor is None or currency is None:
        return "–"
    if currency in _WITHOUT_CENTS:
        return f"{minor:,} {currency.upper()}"
    if currency in _WITH_THOUSANDTHS:
        return f"{minor / 1000:,.3f} {currency.upper()}"
    return f"{minor / 100:,.2f} {currency.upper()}"


_templates = Environment(
    loader=PackageLoader("tests.stripe_server"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["money"] = money


def _show(template: str, status: int = 200, **values: Any) -> Response:
    html = _templates.get_template(template).render(**values)
    return Response(html, status, content_type="text/html; charset=utf-8")


def respond(world: World, request: Request) -> Response:
    try:
        page, values = _PAGES.bind("").match(request.path, method=request.method)
        with world.lock:
            found: Response = page(world, request, **values)
            return found
    except HTTPException as error:
        return Response(f"{error.code} {error.name}\n", error.code, content_type="text/plain")
    except StripeError as error:
        return _show("message.html", 404, message=error.body["message"])


def checkout(world: World, request: Request, session: str) -> Response:
    return _checkout(world, world.get("checkout.session", session))


def _checkout(world: World, session: Thing, problem: str = "") -> Response:
    if session["status"] != "open":
        message = f"This checkout session is {session['status']}."
        return _show("message.html", 200 if not problem else 409, message=message)
    return _show(
        "checkout.html",
        402 if problem else 200,
        session=session,
        items=world.line_items[session["id"]],
        cards=cards.CARDS,
        problem=problem,
    )


def pay(world: World, request: Request, session: str) -> Response:
    thing = world.get("checkout.session", session)
    if request.form.get("action") == "cancel":
        return redirect(thing["cancel_url"] or thing["success_url"], 303)
    success_url = thing["success_url"].replace("{CHECKOUT_SESSION_ID}", session)
    try:
        if code := request.form.get("promotion_code"):
            purchases.apply_code(world, thing, code)
        if request.form.get("action") == "apply":
            return _checkout(world, thing)
        number = request.form.get("card", cards.GOOD)
        at_once = number != "later"
        purchases.complete(world, thing, number if at_once else cards.GOOD, at_once=at_once)
    except StripeError as error:
        return _checkout(world, thing, error.body["message"])
    return redirect(success_url, 303)


def portal(world: World, request: Request, session: str) -> Response:
    thing = world.get("billing_portal.session", session)
    customer = world.get("customer", thing["customer"])
    return _show(
        "portal.html",
        session=thing,
        customer=customer,
        subscriptions=world.all("subscription", customer=customer["id"]),
        methods=world.all("payment_method", customer=customer["id"]),
        invoices=world.all("invoice", customer=customer["id"])[::-1],
        cards=cards.CARDS,
    )


def act_in_portal(world: World, request: Request, session: str) -> Response:
    thing = world.get("billing_portal.session", session)
    action, target = request.form.get("action"), request.form.get("target", "")
    if action == "add_card":
        method = cards.make(world, request.form.get("card", cards.GOOD), thing["customer"])
        customer = world.get("customer", thing["customer"])
        settings = customer["invoice_settings"] | {"default_payment_method": method["id"]}
        world.tell_change("customer.updated", customer, invoice_settings=settings)
    elif action in ("cancel", "resume"):
        subscription = world.get("subscription", target)
        if subscription["customer"] == thing["customer"]:
            changes = subscriptions.ending(subscription, action == "cancel")
            world.tell_change("customer.subscription.updated", subscription, **changes)
    return redirect(request.path, 303)


def receipt(world: World, request: Request, charge: str) -> Response:
    return _show("receipt.html", charge=world.get("charge", charge))


def invoice(world: World, request: Request, invoice: str) -> Response:
    thing = world.get("invoice", invoice)
    return _show("invoice.html", invoice=thing, subscription=subscription_of(thing))


def invoice_pdf(world: World, request: Request, invoice: str) -> Response:
    thing = world.get("invoice", invoice)
    total = money(thing["total"], thing["currency"])
    return Response(_pdf(f"Invoice {thing['number']}: {total}"), content_type="application/pdf")


def _pdf(line: str) -> bytes:
    """One page with one line."""
    stream = b"BT /F1 18 Tf 72 720 Td (" + line.encode("ascii", "replace") + b") Tj ET"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        font,
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    )


_PAGES = Map(
    [
        Rule("/c/pay/<session>", methods=["GET"], endpoint=checkout),
        Rule("/c/pay/<session>", methods=["POST"], endpoint=pay),
        Rule("/p/session/<session>", methods=["GET"], endpoint=portal),
        Rule("/p/session/<session>", methods=["POST"], endpoint=act_in_portal),
        Rule("/receipts/<charge>", methods=["GET"], endpoint=receipt),
        Rule("/i/<invoice>", methods=["GET"], endpoint=invoice),
        Rule("/i/<invoice>/pdf", methods=["GET"], endpoint=invoice_pdf),
    ]
)
