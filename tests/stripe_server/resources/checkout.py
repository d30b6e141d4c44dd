"""Checkout sessions as calls make, read and expire them; `purchases` is what happens on the page."""

import time

from tests.stripe_server.errors import Refused
from tests.stripe_server.listing import cut, page
from tests.stripe_server.parameters import Parameters
from tests.stripe_server.resources import line_items, session_rules
from tests.stripe_server.world import Thing, World

_DAY_S = 24 * 3600
MODES = ("payment", "subscription", "setup")


def create(world: World, params: Parameters) -> Thing:
    mode = params.choice("mode", MODES, "")
    session_rules.check(world, params, mode)
    items = [] if mode == "setup" else line_items.make(world, params, mode)
    session = world.add("checkout.session", "cs_test", **_fields(params, mode))
    session["url"] = f"{world.base_url}/c/pay/{session['id']}"
    world.line_items[session["id"]] = items
    world.session_options[session["id"]] = {
        "payment_intent_data": _data(params, "payment_intent_data"),
        "subscription_data": _data(params, "subscription_data"),
        "setup_intent_data": _data(params, "setup_intent_data"),
        "invoice_data": _data(params.group("invoice_creation"), "invoice_data"),
    }
    session["currency"] = items[0]["currency"] if items else params.text("currency")
    line_items.total(world, session)
    return session


def _data(params: Parameters, name: str) -> Thing:
    group = params.group(name)
    texts = ("description", "receipt_email", "setup_future_usage", "statement_descriptor_suffix")
    given = {text: group.text(text) for text in texts if text in group}
    return given | {"metadata": group.metadata()}


def _fields(params: Parameters, mode: str) -> Thing:
    has_tax = params.group("automatic_tax").flag("enabled", False)
    return {
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": params.flag("allow_promotion_codes"),
        "amount_subtotal": None,
        "amount_total": None,
        "automatic_tax": {
            "enabled": has_tax,
            "liability": {"type": "self"} if has_tax else None,
            "provider": "stripe" if has_tax else None,
            "status": "requires_location_inputs" if has_tax else None,
        },
        "billing_address_collection": params.text("billing_address_collection"),
        "branding_settings": None,
        "cancel_url": params.text("cancel_url"),
        "client_reference_id": params.text("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer": params.text("customer"),
        "customer_account": None,
        "customer_creation": _customer_creation(params, mode),
        "customer_details": None,
        "customer_email": params.text("customer_email"),
        "discounts": [
            {"coupon": item.text("coupon"), "promotion_code": item.text("promotion_code")}
            for item in params.groups("discounts")
        ],
        "expires_at": params.number("expires_at") or int(time.time()) + _DAY_S,
        "invoice": None,
        "invoice_creation": _invoice_creation(params) if mode == "payment" else None,
        "locale": params.text("locale"),
        "metadata": params.metadata(),
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": None if mode != "subscription" else "always",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": params.texts("payment_method_types") or ["card"],
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.text("submit_type"),
        "subscription": None,
        "success_url": params.required("success_url"),
        "tax_id_collection": {
            "enabled": params.group("tax_id_collection").flag("enabled", False),
            "required": "never",
        },
        "total_details": None,
        "ui_mode": "hosted_page",
        "wallet_options": None,
    }


def _customer_creation(params: Parameters, mode: str) -> str | None:
    if params.text("customer"):
        return None
    if params.group("invoice_creation").flag("enabled", False) or mode == "subscription":
        return "always"
    return params.choice("customer_creation", ("always", "if_required"), "if_required")


def _invoice_creation(params: Parameters) -> Thing:
    return {
        "enabled": params.group("invoice_creation").flag("enabled", False),
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": params.group("invoice_creation").group("invoice_data").metadata(),
            "rendering_options": None,
        },
    }


def retrieve(world: World, params: Parameters, identifier: str) -> Thing:
    return world.get("checkout.session", identifier, "session")


def listing(world: World, params: Parameters) -> Thing:
    filters = ("customer", "payment_intent", "subscription", "status")
    return page(world, "checkout.session", "/v1/checkout/sessions", params, filters)


def list_line_items(world: World, params: Parameters, identifier: str) -> Thing:
    world.get("checkout.session", identifier, "session")
    url = f"/v1/checkout/sessions/{identifier}/line_items"
    return cut(url, world.line_items[identifier], params)


def expire(world: World, params: Parameters, identifier: str) -> Thing:
    session = world.get("checkout.session", identifier, "session")
    if session["status"] != "open":
        raise Refused(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}."
        )
    session.update(status="expired", url=None, expires_at=int(time.time()))
    world.tell("checkout.session.expired", session)
    return session
