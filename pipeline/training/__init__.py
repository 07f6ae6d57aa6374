"""Programs that make the models which the product ships. The product itself never imports them."""
