"""The long proofs, at full size. `make prove` runs them; `make test` leaves them out and runs each at a small size."""
