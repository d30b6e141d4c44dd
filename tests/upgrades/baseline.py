"""The migrations of 0.1.0, the first release: there was no older code beside them to disturb."""

BASELINE: dict[str, set[str]] = {
    "accounts": {
        "0001_initial",
        "0002_admin_rights",
        "0003_erasure_and_notices",
    },
    "billing": {
        "0001_initial",
        "0002_prices_and_guard",
        "0003_segmentation_price",
        "0004_compatible_prices",
        "0005_payments",
        "0006_debt_guard",
        "0007_returned_credits",
        "0008_low_balance",
        "0009_entries_name_services",
    },
    "services": {
        "0001_initial",
        "0002_companion_and_details",
        "0003_usage",
        "0004_count_usage",
        "0005_admin_indexes",
        "0006_webhooks",
        "0007_entries_name_services",
        "0008_retention",
        "0009_order_of_a_request",
    },
    "maskr_site": {
        "0001_part_days",
    },
}
