"""What differs between the kinds of objects: one small class of steps for each family."""
