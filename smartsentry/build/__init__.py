"""Build a warehouse beside the published one and publish it whole."""
