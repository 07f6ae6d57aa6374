"""The stages, one file each, named by a verb."""
