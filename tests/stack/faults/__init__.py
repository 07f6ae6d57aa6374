"""What happens to news when parts of the product are killed, frozen or lied to. `make faults` runs it at full size."""
