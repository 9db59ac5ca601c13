"""What every page, endpoint and command may cost: a shop to ask, the pages to ask for, and the statements each took."""
