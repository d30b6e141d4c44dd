"""What every admin page of the product is built from: the site, roles, audit, quick lists."""
