"""One module for each kind of object. A function named after a call takes the world, the call's
parameters and, where the path holds one, an id; it returns the object to answer with."""
