"""Share: lessons, the library, and what goes in and out."""
