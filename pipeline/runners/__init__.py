"""Drives the flow over a broker."""
