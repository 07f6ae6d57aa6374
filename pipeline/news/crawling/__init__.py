"""What a crawler may ask for, what an answer means, and when to come back: decisions without any network or clock."""
