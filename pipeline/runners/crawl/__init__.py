"""Crawling: sources are looked at when they are due, what they list is fetched, and pages go in through the intake.

It is an intake and no agent, since an agent does one step at a time and fetching needs hundreds of hosts at once.
"""
