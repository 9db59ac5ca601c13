"""Where exported files go besides a folder of the shop's own."""
