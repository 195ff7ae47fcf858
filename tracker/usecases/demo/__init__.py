"""The demo organisation, loaded through the verbs of its own people."""
